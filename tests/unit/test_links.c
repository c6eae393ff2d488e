/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/links: the roles of an inode's names in every order, and when the inode is forgotten. */
#include "tree/links.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* clang-format on */

/*
 * What happens to one inode of NLINK names, in order:
 *   C W L   a further name is met, and its role is to be copy, wait, link
 *   s f     the owner settles: the content stands, or does not
 *   x       a name that was linked, or the owner, needs the owner no more
 */
static const struct script {
	nlink_t nlink;
	const char *steps;
	bool known; /* the inode is in the table at the end */
} scripts[] = {
	{ 2, "C", true },
	{ 2, "Cs", true },
	{ 2, "Csx", true },
	{ 2, "CsxL", true },
	{ 2, "CsxLx", false },
	{ 2, "CsLxx", false },
	{ 2, "CWsx", false },
	{ 3, "CWsx", true },
	{ 3, "CWsLxx", false },
	{ 3, "CWsxLx", false },
	{ 3, "CsxLLxx", false },
	{ 3, "CsxLxLx", false },
	{ 4, "CWWWsx", false },
	{ 4, "CWsLLxxx", false },
	/* a name too many: links were made meanwhile, or a name was given twice */
	{ 2, "CWWsx", false },
	{ 2, "CsLLxxx", false },
	{ 2, "CsxLxC", true },
	/* the owner failed: the next to meet it copies */
	{ 2, "Cf", false },
	{ 2, "CWf", false },
	{ 3, "CWWfC", true },
	{ 3, "CWWfCWsx", true },
	{ 2, "CWfCWsx", false },
	{ 2, "CWfCWfC", true },
};

static void
never_finished(struct node *n, struct err why, void *worker)
{
	(void)n;
	(void)why;
	(void)worker;
	fail_msg("a node that was never opened was finished");
}

struct world {
	struct nodes *pool;
	struct node *base, *dir;
	struct links *links;
};

static void
world_make(struct world *w)
{
	w->pool = nodes_new(0, never_finished);
	assert_non_null(w->pool);
	w->base = node_new_base(w->pool, AT_FDCWD, -1, "");
	assert_non_null(w->base);
	w->dir = node_new(w->base, NULL, "dir");
	assert_non_null(w->dir);
	w->links = links_new(w->pool);
	assert_non_null(w->links);
}

static void
world_end(struct world *w)
{
	links_free(w->links);
	assert_int_equal(w->dir->refs, 1);
	assert_int_equal(w->dir->work, 1);
	nodes_drop_work(w->pool, w->dir, NULL);
	nodes_drop_work(w->pool, w->base, NULL);
	nodes_free(w->pool);
}

/* A script on its way. */
struct play {
	struct world *w;
	struct stat st;
	struct link_owner *owner;
	unsigned n_met;   /* names, "n0", "n1", ... */
	unsigned owner_n; /* the one that is the owner's */
	unsigned waiting; /* names left with the owner; those after its own */
};

static void
meet(struct play *p, char expected)
{
	static const char letters[] = {
		[LINK_ROLE_COPY] = 'C', [LINK_ROLE_WAIT] = 'W', [LINK_ROLE_LINK] = 'L'
	};
	char name[16], src_name[16];
	struct entry e = { .dir = p->w->dir, .src_name = src_name, .name = name };
	struct link_owner *owner = NULL;
	enum link_role role;

	snprintf(name, sizeof name, "n%u", p->n_met);
	snprintf(src_name, sizeof src_name, "s%u", p->n_met);
	assert_false(err_failed(links_meet(p->w->links, &p->st, &e, &role, &owner)));
	assert_int_equal(letters[role], expected);
	if (role == LINK_ROLE_COPY) {
		p->owner_n = p->n_met;
		p->owner = owner;
	}
	p->waiting += role == LINK_ROLE_WAIT;
	p->n_met++;
	assert_ptr_equal(owner, p->owner);
	assert_ptr_equal(link_owner_dir(owner), p->w->dir);
	snprintf(name, sizeof name, "n%u", p->owner_n);
	assert_string_equal(link_owner_name(owner), name);
	assert_int_equal(p->w->dir->work, 1 + p->waiting);
}

static void
settle(struct play *p, bool ok)
{
	struct link_waiter *next, *w = links_settle(p->w->links, p->owner, ok);
	unsigned n = p->owner_n + 1;

	for (; w != NULL; w = next, n++) {
		char name[16];
		next = w->next;
		snprintf(name, sizeof name, "n%u", n);
		assert_string_equal(w->entry.name, name);
		name[0] = 's';
		assert_string_equal(w->entry.src_name, name);
		assert_ptr_equal(w->entry.dir, p->w->dir);
		nodes_drop_work(p->w->pool, w->entry.dir, NULL);
		free(w);
		p->waiting--;
	}
	assert_int_equal(p->waiting, 0);
}

static void
play(struct world *w, const struct script *s, struct stat st)
{
	struct play p = { .w = w, .st = st };
	unsigned refs = w->dir->refs;

	p.st.st_nlink = s->nlink;
	print_message("# %lu names: %s\n", (unsigned long)s->nlink, s->steps);
	for (const char *step = s->steps; *step != '\0'; step++) {
		if (*step == 'x')
			links_forget(w->links, p.owner);
		else if (*step == 's' || *step == 'f')
			settle(&p, *step == 's');
		else
			meet(&p, *step);
	}
	/* an inode that is known keeps its directory */
	assert_int_equal(w->dir->refs, refs + s->known);
	if (p.waiting > 0)
		settle(&p, true);
}

static void
every_script_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		struct world w;
		world_make(&w);
		play(&w, &scripts[i], (struct stat){ .st_dev = 1, .st_ino = 2 });
		world_end(&w);
	}
}

/* Inodes that share a number on different devices, or a device, do not disturb each other. */
static void
all_scripts_in_one_table(void **state)
{
	struct world w;

	(void)state;
	world_make(&w);
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
		for (ino_t k = 0; k < 4; k++)
			play(&w, &scripts[i],
			    (struct stat){ .st_dev = i * 2 + k / 2, .st_ino = k % 2 });
	world_end(&w);
	links_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_script_alone),
		cmocka_unit_test(all_scripts_in_one_table),
	};
	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
