/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/node: a budget of descriptors, directories opened again, the order of the ends, paths. */
#include "sys/dir.h"
#include "sys/file.h"
#include "temp.h"
#include "tree/node.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

enum {
	LEVELS = 200,
	BUDGET = 4,
	FD_MAX = 256 /* above every descriptor of this test */
};

static size_t
count_fds(void)
{
	size_t n = 0;
	for (int fd = 0; fd < FD_MAX; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static size_t fds_before; /* descriptors that are not the pool's */

/* The nodes finished, in their order. */
struct ends {
	size_t count;
	size_t closed;  /* those that could not be opened again */
	struct err why; /* why the last of them could not */
	char names[LEVELS][16];
};

static void
assert_is(int fd, const struct stat *want)
{
	struct stat st = stat_of(fd);
	assert_int_equal(st.st_dev, want->st_dev);
	assert_int_equal(st.st_ino, want->st_ino);
}

static void
note_end(struct node *n, struct err why, void *worker)
{
	struct ends *ends = worker;

	assert_int_equal(n->work, 0);
	snprintf(ends->names[ends->count++], sizeof ends->names[0], "%s", n->name);
	assert_int_equal(err_failed(why), n->src_fd < 0);
	if (n->src_fd < 0) {
		ends->closed++;
		ends->why = why;
		return;
	}
	assert_is(n->src_fd, &n->src);
	if (n->dst.st_ino == 0)
		assert_int_equal(n->dst_fd, -1);
	else
		assert_is(n->dst_fd, &n->dst);
	assert_true(count_fds() <= fds_before + BUDGET);
}

/* "src" and "dst" below a temporary directory, and the base that stands for the latter. */
struct world {
	struct temp temp;
	char src[300]; /* path of "src" */
	struct nodes *pool;
	struct node *base;
};

static void
world_make(struct world *w, size_t budget, bool dry)
{
	int dst = -1;

	temp_make(&w->temp);
	assert_int_equal(mkdirat(w->temp.fd, "src", 0700), 0);
	assert_int_equal(mkdirat(w->temp.fd, "dst", 0700), 0);
	snprintf(w->src, sizeof w->src, "%s/src", w->temp.path);
	w->pool = nodes_new(budget, note_end);
	assert_non_null(w->pool);
	if (!dry)
		assert_false(err_failed(dir_open(w->temp.fd, "dst", SIDE_DST, &dst)));
	fds_before = count_fds();
	w->base = node_new_base(w->pool, AT_FDCWD, dst, "out");
	assert_non_null(w->base);
}

/* The base ends; all descriptors are closed. */
static void
world_end(struct world *w)
{
	bool dry = w->base->dst_fd < 0;

	nodes_drop_work(w->pool, w->base, NULL);
	nodes_free(w->pool);
	assert_int_equal(count_fds(), fds_before - (dry ? 0 : 1));
	temp_remove(&w->temp);
}

/* Make directory NAME on both sides below PARENT, which is held, and a held node for it; below the
 * base the source is the path SRC. */
static struct node *
open_child(struct world *w, struct node *parent, const char *src, const char *name)
{
	struct node *n = node_new(parent, src, name);
	int fds[2] = { -1, -1 };

	assert_non_null(n);
	if (src == NULL)
		assert_int_equal(mkdirat(parent->src_fd, name, 0700), 0);
	assert_false(err_failed(dir_open(parent->src_fd, n->src_name, SIDE_SRC, &fds[0])));
	n->src = stat_of(fds[0]);
	if (parent->dst_fd >= 0) {
		assert_int_equal(mkdirat(parent->dst_fd, name, 0700), 0);
		assert_false(err_failed(dir_open(parent->dst_fd, name, SIDE_DST, &fds[1])));
		n->dst = stat_of(fds[1]);
	}
	nodes_opened(w->pool, n, fds[0], fds[1]);
	return n;
}

/* A chain of LEVELS nodes; none is held afterwards, only the last has work of its own. */
static void
make_chain(struct world *w, struct node *chain[static LEVELS])
{
	char name[16];

	chain[0] = open_child(w, w->base, w->src, "d0");
	for (unsigned i = 1; i < LEVELS; i++) {
		snprintf(name, sizeof name, "d%u", i);
		chain[i] = open_child(w, chain[i - 1], NULL, name);
		nodes_release(w->pool, chain[i - 1]);
		nodes_drop_work(w->pool, chain[i - 1], NULL);
		assert_true(count_fds() <= fds_before + BUDGET);
	}
	nodes_release(w->pool, chain[LEVELS - 1]);
}

static void
a_deep_chain_keeps_its_budget(void **state)
{
	static const size_t wanted[] = { 0, 199, 100, 101, 99, 50, 199, 1, 0, 198 };

	(void)state;
	for (int dry = 0; dry < 2; dry++) {
		struct node *chain[LEVELS];
		struct ends ends = { 0 };
		struct world w;

		world_make(&w, BUDGET, dry != 0);
		make_chain(&w, chain);
		for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
			struct node *n = chain[wanted[i]];
			assert_false(err_failed(nodes_hold(w.pool, n)));
			assert_is(n->src_fd, &n->src);
			if (!dry)
				assert_is(n->dst_fd, &n->dst);
			assert_true(count_fds() <= fds_before + BUDGET);
			nodes_release(w.pool, n);
		}
		assert_int_equal(chain[150]->src_fd, -1); /* was closed, and not wanted since */
		nodes_drop_work(w.pool, chain[LEVELS - 1], &ends);
		assert_int_equal(ends.count, LEVELS);
		assert_int_equal(ends.closed, 0);
		for (unsigned i = 0; i < LEVELS; i++) {
			char name[16];
			snprintf(name, sizeof name, "d%u", LEVELS - 1 - i);
			assert_string_equal(ends.names[i], name);
		}
		world_end(&w);
	}
}

static void
a_held_node_is_not_closed(void **state)
{
	struct ends ends = { 0 };
	struct node *all[3];
	struct world w;

	(void)state;
	world_make(&w, 0, false);
	all[0] = open_child(&w, w.base, w.src, "top");
	all[1] = open_child(&w, all[0], NULL, "a");
	all[2] = open_child(&w, all[0], NULL, "b");
	assert_int_equal(count_fds(), fds_before + 6);
	assert_false(err_failed(nodes_hold(w.pool, all[1])));
	nodes_release(w.pool, all[1]);
	assert_true(all[1]->src_fd >= 0); /* the other hold is there yet */
	for (size_t i = 0; i < 3; i++) {
		nodes_release(w.pool, all[i]);
		assert_int_equal(all[i]->src_fd, -1);
		assert_int_equal(count_fds(), fds_before + 4 - 2 * i);
	}
	/* the top has work of its own: it ends last, whatever is dropped first */
	nodes_drop_work(w.pool, all[0], &ends);
	assert_int_equal(ends.count, 0);
	nodes_drop_work(w.pool, all[2], &ends);
	assert_int_equal(ends.count, 1);
	nodes_drop_work(w.pool, all[1], &ends);
	assert_int_equal(ends.count, 3);
	assert_string_equal(ends.names[0], "b");
	assert_string_equal(ends.names[1], "a");
	assert_string_equal(ends.names[2], "top");
	world_end(&w);
}

/* What comes in place of "top/a" while it is closed. */
static const struct swap {
	bool dst; /* on that side, else on the source's */

	enum { SWAP_DIRECTORY, SWAP_LINK, SWAP_NOTHING } by;

	int code;
} swaps[] = {
	{ false, SWAP_DIRECTORY, ESTALE },
	{ true, SWAP_DIRECTORY, ESTALE },
	{ false, SWAP_LINK, ENOTDIR },
	{ true, SWAP_LINK, ENOTDIR },
	{ false, SWAP_NOTHING, ENOENT },
	{ true, SWAP_NOTHING, ENOENT },
};

static void
a_swapped_directory_is_not_opened_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof swaps / sizeof swaps[0]; i++) {
		const struct swap *c = &swaps[i];
		const char *was = c->dst ? "dst/top/a" : "src/a";
		struct ends ends = { 0 };
		struct world w;

		world_make(&w, 0, false);
		struct node *top = open_child(&w, w.base, w.src, "top");
		struct node *a = open_child(&w, top, NULL, "a");
		struct node *b = open_child(&w, a, NULL, "b");
		nodes_release(w.pool, b);
		nodes_release(w.pool, a);
		nodes_release(w.pool, top);
		assert_int_equal(renameat(w.temp.fd, was, w.temp.fd, "moved"), 0);
		if (c->by == SWAP_DIRECTORY)
			assert_int_equal(mkdirat(w.temp.fd, was, 0700), 0);
		else if (c->by == SWAP_LINK)
			assert_int_equal(symlinkat("../../moved", w.temp.fd, was), 0);
		struct node *const both[] = { a, b };
		for (size_t k = 0; k < 2; k++) {
			struct err e = nodes_hold(w.pool, both[k]);
			assert_int_equal(e.code, c->code);
			assert_int_equal(e.op, OP_OPEN);
			assert_int_equal(e.side, c->dst ? SIDE_DST : SIDE_SRC);
			assert_int_equal(count_fds(), fds_before);
		}
		nodes_drop_work(w.pool, top, &ends);
		nodes_drop_work(w.pool, a, &ends);
		nodes_drop_work(w.pool, b, &ends);
		assert_int_equal(ends.count, 3);
		assert_int_equal(ends.closed, 2); /* the top could be opened */
		assert_int_equal(ends.why.code, c->code);
		assert_int_equal(ends.why.side, c->dst ? SIDE_DST : SIDE_SRC);
		world_end(&w);
	}
}

static void
what_was_never_opened_is_not_finished(void **state)
{
	struct ends ends = { 0 };
	struct world w;

	(void)state;
	world_make(&w, BUDGET, false);
	struct node *top = open_child(&w, w.base, w.src, "top");
	struct node *lost = node_new(top, NULL, "lost");
	nodes_release(w.pool, top);
	node_ref(lost);
	nodes_drop_work(w.pool, lost, &ends);
	assert_int_equal(ends.count, 0);
	assert_string_equal(lost->name, "lost"); /* kept by the reference */
	nodes_unref(w.pool, lost);
	nodes_drop_work(w.pool, top, &ends);
	assert_int_equal(ends.count, 1);
	world_end(&w);
}

/* The chain base, OPERAND, DIR (NULL = none), and the paths of NAME (NULL = the last one itself). */
static const struct path_case {
	const char *shown, *src, *operand, *dir, *name;
	const char *paths[4]; /* source, destination, relative, below the operand */
} paths[] = {
	{ "out", "x/a", "a", "b", "f", { "x/a/b/f", "out/a/b/f", "a/b/f", "b/f" } },
	{ "out", "x/a", "a", "b", NULL, { "x/a/b", "out/a/b", "a/b", "b" } },
	{ "out", "x/a", "a", NULL, "f", { "x/a/f", "out/a/f", "a/f", "f" } },
	{ "out", "x/a", "a", NULL, NULL, { "x/a", "out/a", "a", "" } },
	{ "out", NULL, NULL, NULL, "f", { "f", "out/f", "f", "f" } },
	{ "out", NULL, NULL, NULL, NULL, { "", "out", "", "" } },
	{ "", "x/a", "a", "b", "f", { "x/a/b/f", "a/b/f", "a/b/f", "b/f" } },
	{ "", NULL, NULL, NULL, "f", { "f", "f", "f", "f" } },
	{ "/", "x/a", "a", "b", "f", { "x/a/b/f", "/a/b/f", "a/b/f", "b/f" } },
	{ "/", NULL, NULL, NULL, NULL, { "", "/", "", "" } },
	{ "out/", "x/a/", "a", "b", "f", { "x/a/b/f", "out/a/b/f", "a/b/f", "b/f" } },
	{ "out//", "/", "root", "b", NULL, { "/b", "out//root/b", "root/b", "b" } },
	{ "/o", ".", "", "b", "f", { "./b/f", "/o/b/f", "b/f", "b/f" } },
};

static void
paths_are_as_a_person_would_type_them(void **state)
{
	static void (*const tellers[])(const struct node *, const char *,
	    struct str *) = { node_src_path, node_dst_path, node_rel_path, node_operand_path };
	struct nodes *pool = nodes_new(BUDGET, note_end);
	struct str s = STR_INIT;

	(void)state;
	assert_non_null(pool);
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		const struct path_case *c = &paths[i];
		struct node *base = node_new_base(pool, AT_FDCWD, -1, c->shown);
		struct node *operand = c->operand ? node_new(base, c->src, c->operand) : NULL;
		struct node *dir = c->dir ? node_new(operand, NULL, c->dir) : NULL;
		struct node *last = dir ? dir : operand ? operand : base;

		for (size_t k = 0; k < 4; k++) {
			tellers[k](last, c->name, &s);
			assert_string_equal(s.buf, c->paths[k]);
		}
		if (dir != NULL)
			nodes_drop_work(pool, dir, NULL);
		if (operand != NULL)
			nodes_drop_work(pool, operand, NULL);
		nodes_drop_work(pool, base, NULL);
	}
	str_release(&s);
	nodes_free(pool);
}

static void
what_stands_for_several_ends_after_it(void **state)
{
	struct ends ends = { 0 };
	struct world w;

	(void)state;
	world_make(&w, BUDGET, false);
	struct node *n = open_child(&w, w.base, w.src, "walk");
	assert_int_equal(n->place, 0);
	n->also = calloc(3, sizeof(struct node *));
	assert_non_null(n->also);
	n->n_also = 3;
	/* nothing is there in the middle */
	n->also[0] = open_child(&w, w.base, w.src, "first");
	n->also[2] = open_child(&w, w.base, w.src, "last");
	n->also[2]->place = 2;
	struct node *below = node_new(n->also[2], NULL, "below");
	assert_non_null(below);
	assert_int_equal(below->place, 2);
	nodes_release(w.pool, n->also[0]);
	nodes_release(w.pool, n->also[2]);
	nodes_release(w.pool, n);
	nodes_drop_work(w.pool, n, &ends);
	/* one has work left */
	assert_int_equal(ends.count, 2);
	assert_string_equal(ends.names[0], "walk");
	assert_string_equal(ends.names[1], "first");
	nodes_drop_work(w.pool, below, &ends);
	assert_int_equal(ends.count, 3);
	assert_string_equal(ends.names[2], "last");
	world_end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deep_chain_keeps_its_budget),
		cmocka_unit_test(a_held_node_is_not_closed),
		cmocka_unit_test(a_swapped_directory_is_not_opened_again),
		cmocka_unit_test(what_was_never_opened_is_not_finished),
		cmocka_unit_test(what_stands_for_several_ends_after_it),
		cmocka_unit_test(paths_are_as_a_person_would_type_them),
	};
	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
