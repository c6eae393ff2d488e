/* SPDX-License-Identifier: BSD-2-Clause */
/* The sink that is a directory tree kept equal: compared first, changed where it differs. */
#include "run/attrs.h"
#include "run/carry.h"
#include "run/comparing.h"
#include "run/directory.h"
#include "run/extras.h"
#include "run/hollow.h"
#include "run/ignores.h"
#include "run/ledger.h"
#include "run/mirror.h"
#include "run/sink.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* Remove what is no directory and has N's name, so that N can be made. */
static struct err
make_way(struct worker *w, const struct entry *e, struct target *t)
{
	struct carried o = {
		.what = kind_of_mode(t->dest.st.st_mode),
		.action = ACTION_DELETED,
		.size = S_ISREG(t->dest.st.st_mode) ? t->dest.st.st_size : 0,
	};

	if (!w->run->request.dry_run)
		TRY(dir_unlink(e->dir->dst_fd, e->name));
	tell_item(w, e, &o);
	t->dest.exists = false;
	t->action.step = STEP_CREATE;
	return ERR_OK;
}

static struct err
enter(struct worker *w, struct node *n, const struct entry *e, int *dst)
{
	struct target t;

	TRY(target_decide(w, e, &n->src, entry_is_absent(e) && !n->top, &t));
	if (t.action.step == STEP_SKIP)
		return err_make(ECANCELED, OP_NONE, SIDE_NONE, -1);
	if (t.action.step == STEP_UNLINK)
		TRY(make_way(w, e, &t));
	if (n->top)
		n->fresh = n->parent->fresh;
	TRY(directory_enter(w, n, e, &t, dst));
	if (*dst < 0 || n->fresh)
		return ERR_OK;
	n->follow_dst = S_ISLNK(t.dest.st.st_mode);
	struct meta_pair pair = { n->parent->src_fd, n->src_name, n->parent->dst_fd, n->name };
	return comparing_directory(w, n, *dst, &pair);
}

static void
tell_directory(struct worker *w, const struct node *n, const struct entry *e)
{
	struct carried o = { .what = KIND_DIR, .action = ACTION_NEW };
	struct target t = { .differs = n->differs, .dest.st = n->dst };

	ledger_note_directory(w, n);
	if (!n->fresh && n->dst.st_ino != 0) {
		o.action = n->differs != 0 ? ACTION_ATTRIBUTES : ACTION_UNCHANGED;
		o.note = comparing_words(w, &n->src, &t);
	}
	tell_item(w, e, &o);
}

static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	/* whether there will be such a directory only its end shows */
	if (!w->run->mirror->opts->prune_empty)
		tell_directory(w, n, e);
}

static void
carry(struct worker *w, const struct entry *e)
{
	if (w->run->mirror->opts->prune_empty)
		atomic_store(&e->dir->filled, true);
	carry_entry(w, e);
}

/* Set what differs on directory N, and its times, which what happened in it may have changed. */
static void
finish(struct node *n, struct err why, void *worker)
{
	struct worker *w = worker;
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	struct entry e = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	struct stat now;

	sink_drop_sides(w, n);
	if (hollow_is(w, n))
		return;
	if (w->run->mirror->opts->prune_empty)
		tell_directory(w, n, &e);
	if (n->failed || n->dst.st_ino == 0 || w->run->request.dry_run)
		return;
	struct err err = why;
	if (!err_failed(err))
		err = file_stat(n->dst_fd, SIDE_DST, &now);
	if (err_failed(err)) {
		tell_error(w, &e, err, NULL);
		return;
	}
	if (n->fresh || n->differs != 0 || compare_stats(opts, &n->src, &now) != 0)
		attrs_of_directory(n, why, w);
}

/* The rules of the directory come before its names. */
static void
list(struct worker *w, struct node *n)
{
	ignores_enter(w, n);
	sink_read_sides(w, n);
}

const struct sink sink_mirror = {
	.enter = enter,
	.entered = entered,
	.list = list,
	.carry = carry,
	.carry_at_once = sink_carry_later,
	.listed = extras_listed,
	.finish = finish,
};
