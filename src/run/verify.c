/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verb verify: a walk whose actions are events.
 *
 * The first operand is the source, the second the destination: what the source has and the destination
 * lacks is missing, what only the destination has is extra.  A directory that is missing or extra is one
 * line, and not entered.
 */
#include "run/verify.h"

#include "run/arccheck.h"
#include "run/carry.h"
#include "run/dirjob.h"
#include "run/entryjob.h"
#include "run/inodes.h"
#include "run/likeness.h"
#include "run/manifestcheck.h"
#include "run/sink.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static void
tell_type(struct worker *w, const struct entry *e, const struct stat *a, mode_t b)
{
	struct str why = STR_INIT;

	unlike_add(&why, "type %s -> %s", unlike_type(a->st_mode), unlike_type(b));
	unlike_tell(w, e, a, ACTION_CHANGED, &why);
	str_release(&why);
}

/* A failure that was told, or is no failure. */
static struct err
told(void)
{
	return err_make(ECANCELED, OP_NONE, SIDE_NONE, -1);
}

/* Open directory N on the other side; what stands in its place is told. */
static struct err
enter(struct worker *w, struct node *n, const struct entry *e, int *dst)
{
	int at = n->parent->dst_fd;
	struct stat st;

	if (e->other == SIDE_ABSENT) {
		unlike_tell(w, e, &n->src, ACTION_MISSING, NULL);
		return told();
	}
	n->follow_dst = e->operand;
	struct err err = e->operand ? dir_open_path(at, n->name, SIDE_DST, dst)
				    : dir_open(at, n->name, SIDE_DST, dst);
	if (err.code == ENOENT && !e->operand) {
		unlike_tell(w, e, &n->src, ACTION_MISSING, NULL);
		return told();
	}
	if (err.code == ENOTDIR || err.code == ELOOP) {
		TRY(dir_stat(at, n->name, e->operand, SIDE_DST, &st));
		tell_type(w, e, &n->src, st.st_mode);
		return told();
	}
	TRY(err);
	return file_stat(*dst, SIDE_DST, &n->dst);
}

static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	struct pair p = { .a = n->src, .b = n->dst, .a_fd = n->src_fd, .b_fd = n->dst_fd };
	struct str why = STR_INIT;

	struct err err = unlike_attributes(w, e, &p, &why);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	else
		unlike_tell(
		    w, e, &n->src, why.len > 0 ? ACTION_ATTRIBUTES : ACTION_UNCHANGED, &why);
	str_release(&why);
}

/* Compare two symbolic links. */
static struct err
compare_targets(const struct entry *e, struct str *why)
{
	char a[PATH_MAX];
	char b[PATH_MAX];

	TRY(dir_read_symlink(e->dir->src_fd, e->src_name, a, sizeof a));
	struct err err = dir_read_symlink(e->dir->dst_fd, e->name, b, sizeof b);
	err.side = SIDE_DST;
	TRY(err);
	if (strcmp(a, b) != 0)
		unlike_add(why, "target %s -> %s", a, b);
	return ERR_OK;
}

/* Compare what can be compared without reading content. */
static struct err
compare_looked_at(struct worker *w, const struct entry *e, const struct pair *p)
{
	const struct stat *a = &p->a;
	const struct stat *b = &p->b;
	enum item_action action = ACTION_UNCHANGED;
	struct str why = STR_INIT;
	struct err err = ERR_OK;

	if (S_ISREG(a->st_mode) && a->st_size != b->st_size)
		unlike_add(&why, "size %lld -> %lld", (long long)a->st_size, (long long)b->st_size);
	else if (S_ISREG(a->st_mode) && (a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
					    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec))
		unlike_add(&why, "mtime");
	else if (S_ISLNK(a->st_mode))
		err = compare_targets(e, &why);
	else if ((S_ISCHR(a->st_mode) || S_ISBLK(a->st_mode)) && a->st_rdev != b->st_rdev)
		unlike_add(&why, "device");
	if (why.len > 0)
		action = ACTION_CHANGED;
	if (!err_failed(err))
		err = unlike_attributes(w, e, p, &why);
	if (action == ACTION_UNCHANGED && why.len > 0)
		action = ACTION_ATTRIBUTES;
	if (!err_failed(err))
		unlike_tell(w, e, a, action, &why);
	str_release(&why);
	return err;
}

static struct err
compare(struct worker *w, const struct entry *e)
{
	struct pair p = { .a_fd = -1, .b_fd = -1 };
	bool quick = w->run->verify->opts->quick;
	struct err err = err_make(ENOENT, OP_STAT, SIDE_DST, -1);

	if (e->type == DT_REG && e->other == DT_REG && !quick)
		return likeness_of_files(w, e);
	TRY(dir_stat(e->dir->src_fd, e->src_name, e->follow, SIDE_SRC, &p.a));
	if (e->other != SIDE_ABSENT)
		err = dir_stat(e->dir->dst_fd, e->name, e->follow, SIDE_DST, &p.b);
	if (err.code == ENOENT && !e->operand) {
		unlike_tell(w, e, &p.a, ACTION_MISSING, NULL);
		return ERR_OK;
	}
	TRY(err);
	if ((p.a.st_mode & S_IFMT) != (p.b.st_mode & S_IFMT)) {
		tell_type(w, e, &p.a, p.b.st_mode);
		return ERR_OK;
	}
	if (S_ISREG(p.a.st_mode) && !quick)
		return likeness_of_files(w, e);
	return compare_looked_at(w, e, &p);
}

static void
carry(struct worker *w, const struct entry *e)
{
	if (cancel_requested(&w->run->cancel))
		return;
	struct err err = compare(w, e);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
}

/* Tell that only the destination has NAME. */
static void
tell_extra(struct worker *w, struct node *n, const struct side_name *name)
{
	struct entry e = { .dir = n, .src_name = name->name, .name = name->name };
	struct stat st = { .st_mode = DTTOIF(name->type) };
	bool known = name->type != DT_UNKNOWN && (name->type != DT_REG || !w->run->wants_items);

	if (!known) {
		struct err err = dir_stat(n->dst_fd, name->name, false, SIDE_DST, &st);
		/* gone meanwhile: extra no more */
		if (err.code == ENOENT)
			return;
		if (err_failed(err)) {
			tell_error(w, &e, err, NULL);
			return;
		}
	}
	if (!dirjob_excludes(w, n, name->name, S_ISDIR(st.st_mode)))
		unlike_tell(w, &e, &st, ACTION_EXTRA, NULL);
}

static void
listed(struct worker *w, struct node *n)
{
	struct side_name name;
	size_t at = 0;

	if (n->sides != NULL && !n->partial && !w->run->verify->opts->ignore_extra) {
		for (sides_extra(n->sides, &at, &name); name.name != NULL;
		     sides_extra(n->sides, &at, &name))
			tell_extra(w, n, &name);
	}
	sink_drop_sides(w, n);
}

static const struct sink sink_compare = {
	.enter = enter,
	.entered = entered,
	.list = sink_read_sides,
	.carry = carry,
	.carry_at_once = sink_carry_later,
	.listed = listed,
	.finish = sink_finish_nothing,
};

/* A base for both operands, which are paths from here. */
static struct err
make_base(struct run *run)
{
	int fd = -1;

	TRY(dir_open_place(AT_FDCWD, ".", &fd));
	run->base = node_new_base(run->nodes, AT_FDCWD, fd, "");
	if (run->base != NULL)
		return ERR_OK;
	file_drop(&fd);
	return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

/* Hand over the two operands, which have to be there. */
static void
give(struct run *run)
{
	const struct verify_opts *opts = run->verify->opts;
	struct worker *w = &run->workers[run->n_workers];
	const char *side = opts->operands[0];
	struct stat a;
	struct stat b;

	struct err err = make_base(run);
	if (!err_failed(err))
		err = dir_stat(AT_FDCWD, opts->operands[0], true, SIDE_SRC, &a);
	if (!err_failed(err)) {
		side = opts->operands[1];
		err = dir_stat(AT_FDCWD, side, true, SIDE_DST, &b);
	}
	if (!err_failed(err))
		err = run_start_workers(run);
	if (err_failed(err)) {
		tell_operand_error(run, side, err, NULL);
		report_raise(run->report, EXIT_STOPPED);
		return;
	}
	struct entry e = {
		.dir = run->base,
		.src_name = opts->operands[0],
		.name = opts->operands[1],
		.operand = true,
		.follow = true,
		.type = (unsigned char)IFTODT(a.st_mode),
		.other = (unsigned char)IFTODT(b.st_mode),
	};
	atomic_fetch_add_explicit(&run->live->items_found, 1, memory_order_relaxed);
	if (S_ISDIR(a.st_mode))
		dirjob_push(w, run->base, &e);
	else
		entryjob_push(w, &e);
}

static void
conclude(struct run *run)
{
	(void)run;
}

/* What the first operand is. */
enum first_operand {
	IS_TREE,     /* a tree, or a file that is compared with another */
	IS_MANIFEST, /* a manifest of the tree that the second one is, or of the current directory */
	IS_ARCHIVE,  /* an archive, likewise */
};

static enum first_operand
look_at_first(const struct verify_opts *opts)
{
	struct stat st;

	if (opts->n_operands > 1 &&
	    (err_failed(dir_stat(AT_FDCWD, opts->operands[1], true, SIDE_DST, &st)) ||
		!S_ISDIR(st.st_mode)))
		return IS_TREE;
	if (manifestcheck_is_one(opts->operands[0]))
		return IS_MANIFEST;
	if (arccheck_is_one(opts->operands[0]))
		return IS_ARCHIVE;
	return opts->n_operands > 1 ? IS_TREE : IS_MANIFEST;
}

/* Carry out RUN, comparing a tree with a manifest. */
static int
run_manifest(struct run *run, struct verifying *v)
{
	static const struct run_steps steps = { .give = manifestcheck_give, .conclude = conclude };
	char **operands = v->opts->operands;
	struct manifestcheck list = {
		.path = operands[0],
		.dir = v->opts->n_operands > 1 ? operands[1] : ".",
	};

	manifestcheck_open(&list);
	v->list = &list;
	if (!err_failed(list.why) && list.algos.n > 0)
		run->request.hash = &list.algos;
	run->inodes = inodes_new(); /* without memory for them each name is read */
	int status = run_carry_out(run, &steps);
	inodes_free(run->inodes);
	manifestcheck_release(&list);
	return status;
}

int
verify_run(struct verify_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	struct verifying verifying = { .opts = opts };
	struct run run = {
		.verify = &verifying,
		.sink = &sink_compare,
		.request = {
			.walk = &opts->walk,
			.select = &opts->select,
			.report = &opts->report,
			.jobs = opts->jobs,
			.operands = opts->operands,
			.n_operands = opts->n_operands,
			.one_tree = true,
		},
	};

	enum first_operand first = look_at_first(opts);
	if (first == IS_MANIFEST)
		return run_manifest(&run, &verifying);
	if (opts->keep.xattr)
		meta_read_rules("/etc/xattr.conf");
	verifying.content_alone = !opts->keep.mode && !opts->keep.owner && !opts->keep.times &&
				  !opts->keep.xattr && !opts->keep.context && !opts->keep.links;
	if (opts->keep.links) {
		verifying.pairs = linkpairs_new();
		if (verifying.pairs == NULL)
			return EXIT_STOPPED;
	}
	int status = first == IS_ARCHIVE ? arccheck_run(&verifying) : run_carry_out(&run, &steps);
	linkpairs_free(verifying.pairs);
	return status;
}
