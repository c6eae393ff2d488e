/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry: look at it, decide, do it, tell. */
#include "run/carry.h"

#include "base/own.h"
#include "run/comparing.h"
#include "run/entryjob.h"
#include "run/extras.h"
#include "run/inventory.h"
#include "run/mirror.h"
#include "run/places.h"
#include "run/rewrite.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* Open a regular file or, as cp does without -r, what is to be read like one. */
static struct err
open_source(struct worker *w, const struct entry *e, int *src, struct stat *st)
{
	TRY(dir_open_file(e->dir->src_fd, e->src_name, e->follow, src));
	TRY(file_stat(*src, SIDE_SRC, st));
	rewrite_stat(w->run, st);
	if (w->run->copy->default_mode)
		st->st_mode = (st->st_mode & S_IFMT) | 0666;
	return ERR_OK;
}

static bool
is_read_as_data(const struct worker *w, mode_t mode)
{
	const struct walk_opts *walk = w->run->request.walk;

	if (S_ISREG(mode))
		return true;
	return !S_ISLNK(mode) && !S_ISDIR(mode) && (walk->copy_contents || !walk->recursive);
}

struct err
carry_examine(struct worker *w, const struct entry *e, int *src, struct stat *st)
{
	const struct plan_opts *plan = &w->run->copy->plan;
	/* where entries are compared, only those that differ are opened */
	bool content =
	    !w->run->request.dry_run && !plan->link && !plan->symlink && w->run->mirror == NULL;

	if (e->type == DT_REG && content)
		return open_source(w, e, src, st);
	TRY(dir_stat(e->dir->src_fd, e->src_name, e->follow, SIDE_SRC, st));
	rewrite_stat(w->run, st);
	return content && is_read_as_data(w, st->st_mode) ? open_source(w, e, src, st) : ERR_OK;
}

/* Tell that nothing was done because of T; a refusal is an error. */
static struct err
carry_nothing(
    struct worker *w, const struct entry *e, const struct stat *st, const struct target *t)
{
	struct carried o = {
		.what = kind_of_mode(st->st_mode),
		.action = ACTION_UNCHANGED,
		.size = S_ISREG(st->st_mode) ? st->st_size : 0,
		.note = plan_reason(t->action.reason),
	};

	if (t->action.reason == REASON_OPTION)
		o.note = compare_skip_words(
		    &w->run->mirror->opts->compare, t->dest.exists ? &t->dest.st : NULL);
	else if (t->action.reason == REASON_EQUAL)
		o.note = NULL;
	if (t->action.reason == REASON_EQUAL && t->basis == NULL)
		inventory_note_equal(w, e, st, t->seen);

	if (t->action.step == STEP_REFUSE) {
		tell_error(w, e, err_make(EEXIST, OP_REFUSE, SIDE_DST, -1), o.note);
		return ERR_OK;
	}
	tell_item(w, e, &o);
	return ERR_OK;
}

/* Do what T says; fill in O. */
static struct err
carry_out(struct worker *w, const struct entry *e, int src, struct stat *st, struct target *t,
    struct carried *o)
{
	o->action = t->dest.exists ? ACTION_CHANGED : ACTION_NEW;
	if (t->action.step == STEP_ATTRIBUTES)
		o->action = ACTION_ATTRIBUTES;
	if (t->action.step == STEP_HARD_LINK)
		o->action = ACTION_LINKED;
	o->note = t->action.step == STEP_CREATE ? NULL : plan_reason(t->action.reason);
	if (w->run->mirror != NULL) {
		o->note = comparing_words(w, st, t);
		if (t->action.step == STEP_REPLACE)
			mirror_leave(w->run->mirror, &t->dest.st);
		if (t->action.step == STEP_REPLACE && w->run->request.dry_run && st->st_nlink > 1)
			TRY(mirror_renew(w->run->mirror, st));
	}
	if (w->run->request.dry_run) {
		bool moves = o->action == ACTION_NEW || o->action == ACTION_CHANGED;
		o->moved.bytes = moves ? o->size : 0;
		return ERR_OK;
	}
	if (w->run->copy->plan.link || w->run->copy->plan.symlink)
		return carry_as_link(w, e, t);
	if (src >= 0)
		return carry_content(w, e, src, st, t, o);
	return carry_special(w, e, st, t);
}

/* Open regular file E, which was compared and differs, unless this is a dry run. */
static struct err
open_compared(
    struct worker *w, const struct entry *e, int *src, struct stat *st, const struct target *t)
{
	if (t->action.step != STEP_ATTRIBUTES)
		atomic_fetch_add_explicit(
		    &w->run->live->bytes_found, st->st_size, memory_order_relaxed);
	if (w->run->request.dry_run)
		return ERR_OK;
	TRY(open_source(w, e, src, st));
	return S_ISREG(st->st_mode) ? ERR_OK : err_make(ESTALE, OP_CHANGED, SIDE_SRC, -1);
}

/* Make E a link to what T found in an earlier tree; false if that cannot be, and it is to be copied. */
static bool
link_to_basis(struct worker *w, const struct entry *e, const struct target *t, struct carried *o)
{
	o->action = ACTION_LINKED;
	o->moved.method = METHOD_LINK;
	o->note = t->basis->path;
	if (w->run->request.dry_run)
		return true;
	/* too many links, another file system, or links to others' files forbidden: a copy will do */
	if (!err_failed(dir_link(t->basis_dir, e->name, false, e->dir->dst_fd, e->name))) {
		atomic_fetch_add(&w->run->mirror->linked, 1);
		return true;
	}
	*o = (struct carried){ .what = o->what, .size = o->size, .began_ns = o->began_ns };
	return false;
}

static struct err
carry_new(struct worker *w, const struct entry *e, int src, struct stat *st, struct target *t)
{
	struct carried o = {
		.what = kind_of_mode(src >= 0 ? S_IFREG : st->st_mode),
		.size = S_ISREG(st->st_mode) ? st->st_size : 0,
		.began_ns = w->run->wants_items ? proc_now_ns() : 0,
	};

	own_fd opened = -1;

	if (t->basis != NULL && t->basis->kind == BASIS_LINK && link_to_basis(w, e, t, &o)) {
		inventory_note_equal(w, e, st, false);
		tell_item(w, e, &o);
		return ERR_OK;
	}
	if (src < 0 && S_ISREG(st->st_mode) && w->run->mirror != NULL) {
		TRY(open_compared(w, e, &opened, st, t));
		src = opened;
	}
	struct err err = carry_out(w, e, src, st, t, &o);
	bool unquiet = err.op == OP_CHANGED;
	if (err_failed(err) && !unquiet)
		return err;
	o.backup = t->backup[0] != '\0' ? t->backup : NULL;
	if (t->action.step == STEP_ATTRIBUTES && w->run->mirror != NULL)
		inventory_note_equal(w, e, st, t->seen);
	else
		ledger_note(w, e, st, o.hashed ? CONTENT_HASHED : CONTENT_UNKNOWN);
	if (!unquiet)
		tell_item(w, e, &o);
	return err;
}

/* The names at the destination that DIR is of. */
static struct links *
links_at(const struct run *run, const struct node *dir)
{
	return run->n_places > 0 ? run->places[dir->place].links : run->links;
}

/* Make E a hard link if its content is there already or on its way.  *OWNER is set when E is the
 * one to bring it. */
static struct err
carry_linked(struct worker *w, const struct entry *e, const struct stat *st, bool *done,
    struct link_owner **owner)
{
	struct run *run = w->run;
	struct link_owner *o;
	enum link_role role;

	*done = false;
	*owner = NULL;
	if (!run->copy->keep.links || st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return ERR_OK;
	TRY(links_meet(links_at(run, e->dir), st, e, &role, &o));
	*done = role != LINK_ROLE_COPY;
	if (role == LINK_ROLE_COPY)
		*owner = o;
	if (role != LINK_ROLE_LINK)
		return ERR_OK;
	struct err err = carry_hard_link(w, e, st, o);
	links_forget(links_at(run, e->dir), o);
	if (!err_failed(err))
		ledger_note(w, e, st, CONTENT_LINKED);
	return err;
}

/* Link all that waited for O, or, when its content did not come, carry them anew. */
static void
carry_waiters(struct worker *w, const struct stat *st, struct link_owner *o, bool ok)
{
	struct link_waiter *next;
	struct run *run = w->run;
	struct links *links = links_at(run, link_owner_dir(o));
	struct fanout *fanout = w->fanout;

	w->fanout = NULL; /* what is carried anew goes to this destination alone */

	for (struct link_waiter *at = links_settle(links, o, ok); at != NULL; at = next) {
		struct entry e = at->entry;
		next = at->next;
		struct err err = nodes_hold(run->nodes, e.dir);
		if (err_failed(err)) {
			tell_error(w, &e, err, NULL);
		} else {
			err = ok ? carry_hard_link(w, &e, st, o) : ERR_OK;
			if (err_failed(err))
				tell_error(w, &e, err, NULL);
			else if (ok)
				ledger_note(w, &e, st, CONTENT_LINKED);
			if (!ok)
				carry_entry(w, &e);
			nodes_release(run->nodes, e.dir);
		}
		nodes_drop_work(run->nodes, e.dir, w);
		free(at);
	}
	if (ok)
		links_forget(links, o);
	w->fanout = fanout;
}

/* --remove-source-files: E stands at the destination, so its source goes, unless it has changed. */
static void
remove_source(struct worker *w, const struct entry *e, const struct stat *st)
{
	struct stat now;

	struct err err = dir_stat(e->dir->src_fd, e->src_name, false, SIDE_SRC, &now);
	if (!err_failed(err) && now.st_ino == st->st_ino && now.st_size == st->st_size &&
	    now.st_mtim.tv_sec == st->st_mtim.tv_sec && now.st_mtim.tv_nsec == st->st_mtim.tv_nsec)
		err = dir_unlink(e->dir->src_fd, e->src_name);
	if (err_failed(err))
		tell_error(w, e, err_make(err.code, err.op, SIDE_SRC, -1), NULL);
}

/* Do what T says with E, whose content is open as SRC (-1 = it has none); *GONE: its source may go. */
static struct err
carry_target(struct worker *w, const struct entry *e, int src, struct stat *st, struct target *t,
    bool *may_go)
{
	struct link_owner *owner;
	bool done;
	bool skip = t->action.step == STEP_SKIP;
	bool current = t->action.reason == REASON_NOT_NEWER || t->action.reason == REASON_EQUAL;

	*may_go = false;
	if (t->action.step == STEP_AWAY)
		return extras_defer(w->run->mirror->extras, e);
	/* a name that is up to date is one that others may be linked to: cp -u's rule */
	if (t->action.step == STEP_REFUSE || (skip && (!current || t->basis != NULL)))
		return carry_nothing(w, e, st, t);
	TRY(carry_linked(w, e, st, &done, &owner));
	if (done)
		return ERR_OK;
	struct err err = skip ? carry_nothing(w, e, st, t) : carry_new(w, e, src, st, t);
	*may_go = !err_failed(err) && !t->dest.same;
	if (owner != NULL)
		carry_waiters(w, st, owner, !err_failed(err) || err.op == OP_CHANGED);
	return err;
}

struct err
carry_examined(struct worker *w, const struct entry *e, int src, struct stat *st)
{
	struct target t;
	bool may_go;

	struct stat as_data = *st;
	if (src >= 0 && !S_ISREG(st->st_mode))
		as_data.st_mode = S_IFREG | (st->st_mode & 07777);
	TRY(target_decide(w, e, &as_data, entry_is_absent(e), &t));
	struct err err = carry_target(w, e, src, st, &t, &may_go);
	places_forget(&t);
	if (may_go && w->run->mirror != NULL && w->run->mirror->opts->remove_source &&
	    !w->run->request.dry_run)
		remove_source(w, e, st);
	return err;
}

bool
carry_is_long(const struct worker *w, const struct entry *e, const struct stat *st)
{
	return (st->st_size >= HAND_OVER_MIN || w->run->request.through != NULL) && !e->handed &&
	       sched_is_hungry(w->run->sched);
}

static struct err
carry_checked(struct worker *w, const struct entry *e)
{
	struct live *live = w->run->live;
	struct stat st;
	own_fd src = -1;

	TRY(carry_examine(w, e, &src, &st));
	if (S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_OPEN, SIDE_SRC, -1);
	bool content = src >= 0 || (w->run->mirror != NULL && S_ISREG(st.st_mode));
	if (content && carry_is_long(w, e, &st)) {
		entryjob_push(w, e);
		return ERR_OK;
	}
	if (S_ISREG(st.st_mode) && w->run->mirror == NULL)
		atomic_fetch_add_explicit(&live->bytes_found, st.st_size, memory_order_relaxed);
	struct err err = carry_examined(w, e, src, &st);
	file_drop(&src);
	return err;
}

void
carry_entry(struct worker *w, const struct entry *e)
{
	if (cancel_requested(&w->run->cancel))
		return;
	struct err err = carry_checked(w, e);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
}

/* Whether an attempt to carry E that fails leaves all as it was, for a second one. */
static bool
may_be_tried(const struct worker *w, const struct entry *e, const struct stat *st)
{
	const struct copy_opts *opts = w->run->copy;
	const struct plan_opts *plan = &opts->plan;

	/* who wants to see the content takes time for it */
	if (w->run->request.hash != NULL || w->run->request.through != NULL)
		return false;
	return S_ISREG(st->st_mode) && st->st_dev == e->dir->dst.st_dev &&
	       opts->engine.reflink == WHEN_AUTO && opts->engine.sparse == WHEN_AUTO &&
	       plan->backup == BACKUP_NONE && !plan->remove_destination && !plan->interactive &&
	       !(opts->keep.links && st->st_nlink > 1);
}

bool
carry_cloned(struct worker *w, const struct entry *e, const struct stat *st)
{
	const struct engine_opts always = { .reflink = WHEN_ALWAYS };
	struct engine cloning = w->run->engine;
	struct entry now = *e;

	if (!may_be_tried(w, e, st) || cancel_requested(&w->run->cancel))
		return false;
	cloning.opts = &always;
	now.handed = true;
	w->engine = &cloning;
	struct err err = carry_checked(w, &now);
	w->engine = &w->run->engine;
	if (err.op == OP_CLONE) {
		atomic_fetch_sub(&w->run->live->bytes_found, st->st_size);
		return false;
	}
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	return true;
}
