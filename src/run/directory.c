/* SPDX-License-Identifier: BSD-2-Clause */
/* The sink that is a directory tree: destinations are made, merged into or refused. */
#include "run/attrs.h"
#include "run/carry.h"
#include "run/ledger.h"
#include "run/sink.h"
#include "sys/file.h"

#include <errno.h>

static struct err
make_directory(struct worker *w, struct node *n, const struct entry *e, struct target *t)
{
	const struct keep *keep = &w->run->copy->keep;
	mode_t mode = keep->mode || keep->owner ? 0700 : (n->src.st_mode & 0777) | 0700;
	int dir = n->parent->dst_fd;

	if (t->action.step == STEP_CREATE) {
		struct err err = dir_make(dir, n->name, mode);
		n->fresh = !err_failed(err);
		if (err.code == EEXIST) {
			TRY(target_decide(w, e, &n->src, false, t));
			if (t->action.step != STEP_MERGE)
				return err;
		} else {
			TRY(err);
		}
	}
	n->follow_dst = S_ISLNK(t->dest.st.st_mode) && t->dest.exists;
	return ERR_OK;
}

/* Open or make N's destination below its parent's, which is held. */
static struct err
enter(struct worker *w, struct node *n, const struct entry *e, int *dst)
{
	struct target t;

	if (w->run->copy->default_mode)
		n->src.st_mode = (n->src.st_mode & S_IFMT) | 0777;
	TRY(target_decide(w, e, &n->src, n->parent->fresh, &t));
	if (t.action.step == STEP_REFUSE) {
		tell_error(
		    w, e, err_make(EEXIST, OP_REFUSE, SIDE_DST, -1), plan_reason(t.action.reason));
		return err_make(ECANCELED, OP_REFUSE, SIDE_DST, -1);
	}
	if (w->run->request.dry_run && !t.dest.exists)
		return ERR_OK;
	TRY(make_directory(w, n, e, &t));
	if (n->follow_dst)
		TRY(dir_open_path(n->parent->dst_fd, n->name, SIDE_DST, dst));
	else
		TRY(dir_open(n->parent->dst_fd, n->name, SIDE_DST, dst));
	TRY(file_stat(*dst, SIDE_DST, &n->dst));
	n->plain_owner = n->fresh && n->dst.st_uid == w->run->uid && n->dst.st_gid == w->run->gid &&
			 (n->dst.st_mode & S_ISGID) == 0;
	if (w->run->copy->keep.mode)
		n->default_acl = n->fresh ? n->parent->default_acl : meta_has_default_acl(*dst);
	return ERR_OK;
}

/* Whether --preserve changes an attribute of N's existing destination. */
static bool
attributes_differ(const struct keep *keep, const struct node *n)
{
	const struct stat *a = &n->src;
	const struct stat *b = &n->dst;

	return (keep->mode && (a->st_mode & 07777) != (b->st_mode & 07777)) ||
	       (keep->owner && (a->st_uid != b->st_uid || a->st_gid != b->st_gid)) ||
	       (keep->times && (a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
				   a->st_mtim.tv_nsec != b->st_mtim.tv_nsec));
}

/* A directory that is there and stays as it is is not worth a word. */
static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	struct carried o = { .what = KIND_DIR, .action = ACTION_NEW };

	ledger_note_directory(w, n);
	if (!n->fresh && n->dst.st_ino != 0) {
		if (!attributes_differ(&w->run->copy->keep, n))
			return;
		o.action = ACTION_ATTRIBUTES;
	}
	tell_item(w, e, &o);
}

const struct sink sink_directory = {
	.enter = enter,
	.entered = entered,
	.list = sink_no_sides,
	.carry = carry_entry,
	.carry_at_once = carry_cloned,
	.listed = sink_no_sides,
	.finish = attrs_of_directory,
};
