/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries without content: symbolic links, FIFOs, sockets, devices, and links instead of copies. */
#include "engine/commit.h"
#include "run/attrs.h"
#include "run/carry.h"
#include "run/mirror.h"
#include "run/places.h"
#include "sys/file.h"

#include <errno.h>
#include <limits.h>

static struct err
make(struct worker *w, const struct entry *e, const struct stat *st)
{
	char target[PATH_MAX + 1];
	mode_t mode = attrs_first_mode(w, e->dir, st);

	if (!S_ISLNK(st->st_mode))
		return dir_make_node(
		    e->dir->dst_fd, e->name, (st->st_mode & S_IFMT) | mode, st->st_rdev);
	TRY(dir_read_symlink(e->dir->src_fd, e->src_name, target, sizeof target));
	return dir_make_symlink(target, e->dir->dst_fd, e->name);
}

/* Move what was made as ASIDE over E's name, which is never gone. */
static struct err
move_over(struct worker *w, const struct entry *e, struct target *t, const char *aside)
{
	int dir = e->dir->dst_fd;
	struct err err = target_save(w, e, t);

	if (!err_failed(err))
		err = dir_rename(dir, aside, e->name, false);
	if (err_failed(err)) {
		(void)dir_unlink(dir, aside); /* the rename's failure is the one that is told */
		target_restore(e, t);
	}
	return err;
}

/* Make E beside what has its name, then move it there. */
static struct err
make_over(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	char aside[NAME_MAX + 1];
	struct entry at = *e;

	commit_aside_name(e->name, aside);
	at.name = aside;
	struct err err = make(w, &at, st);
	if (err.code == EEXIST) {
		TRY(dir_unlink(e->dir->dst_fd, aside));
		err = make(w, &at, st);
	}
	TRY(err);
	struct err attrs = attrs_of_name(w, &at, st);
	TRY(move_over(w, e, t, aside));
	return attrs;
}

/* Make E under its name, where there is nothing or what makes way. */
static struct err
make_there(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	TRY(target_clear(w, e, t));
	struct err err = make(w, e, st);
	if (err_failed(err)) {
		target_restore(e, t);
		return err;
	}
	return attrs_of_name(w, e, st);
}

struct err
carry_special(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	if (t->action.step == STEP_ATTRIBUTES)
		return attrs_of_name(w, e, st);
	if (t->action.step == STEP_REPLACE)
		return make_over(w, e, st, t);
	struct err err = make_there(w, e, st, t);
	if (err.code == EEXIST && entry_is_absent(e) && !t->dest.exists) {
		TRY(target_decide(w, e, st, false, t));
		if (t->action.step == STEP_SKIP || t->action.step == STEP_REFUSE)
			return err;
		err = t->action.step == STEP_REPLACE ? make_over(w, e, st, t)
						     : make_there(w, e, st, t);
	}
	return err;
}

/* A relative link means the same from both ends only in the current directory. */
static bool
reads_alike(const struct entry *e, const char *path)
{
	struct stat here;

	if (path[0] == '/')
		return true;
	return !err_failed(dir_stat(AT_FDCWD, ".", true, SIDE_DST, &here)) &&
	       here.st_dev == e->dir->dst.st_dev && here.st_ino == e->dir->dst.st_ino;
}

static struct err
make_link(struct worker *w, const struct entry *e)
{
	if (w->run->copy->plan.link)
		return dir_link(e->dir->src_fd, e->src_name, e->follow, e->dir->dst_fd, e->name);
	node_src_path(e->dir, e->src_name, &w->src);
	if (!reads_alike(e, w->src.buf))
		return err_make(EINVAL, OP_SYMLINK, SIDE_DST, -1);
	return dir_make_symlink(w->src.buf, e->dir->dst_fd, e->name);
}

/* As make_link(), beside what has E's name, then there. */
static struct err
link_beside(struct worker *w, const struct entry *e, struct target *t)
{
	char aside[NAME_MAX + 1];
	struct entry at = *e;

	commit_aside_name(e->name, aside);
	at.name = aside;
	struct err err = make_link(w, &at);
	if (err.code == EEXIST) {
		TRY(dir_unlink(e->dir->dst_fd, aside));
		err = make_link(w, &at);
	}
	TRY(err);
	return move_over(w, e, t, aside);
}

struct err
carry_as_link(struct worker *w, const struct entry *e, struct target *t)
{
	if (t->dest.exists && !t->action.backup && !w->run->copy->plan.force &&
	    !w->run->copy->plan.remove_destination)
		return err_make(
		    EEXIST, w->run->copy->plan.link ? OP_LINK : OP_SYMLINK, SIDE_DST, -1);
	if (t->action.step == STEP_REPLACE)
		return link_beside(w, e, t);
	TRY(target_clear(w, e, t));
	struct err err = make_link(w, e);
	if (err_failed(err))
		target_restore(e, t);
	return err;
}

/* Link over an existing name: beside it first, so that the name never goes away. */
static struct err
link_over(const struct entry *e, const struct link_owner *o)
{
	char aside[NAME_MAX + 1];
	int dir = e->dir->dst_fd;
	int from = link_owner_dir(o)->dst_fd;

	commit_aside_name(e->name, aside);
	struct err err = dir_link(from, link_owner_name(o), false, dir, aside);
	if (err.code == EEXIST) {
		TRY(dir_unlink(dir, aside));
		err = dir_link(from, link_owner_name(o), false, dir, aside);
	}
	TRY(err);
	err = dir_rename(dir, aside, e->name, false);
	if (err_failed(err))
		(void)dir_unlink(dir, aside); /* the rename's failure is the one that is told */
	return err;
}

/* Whether what stands at T is the file of O in directory FROM already. */
static bool
is_linked(const struct target *t, const struct node *from, const struct link_owner *o)
{
	struct stat owner;

	return from->dst_fd >= 0 &&
	       !err_failed(dir_stat(from->dst_fd, link_owner_name(o), false, SIDE_DST, &owner)) &&
	       owner.st_dev == t->dest.st.st_dev && owner.st_ino == t->dest.st.st_ino;
}

/* Link E to O, whose directory is held. */
static struct err
link_to(struct worker *w, const struct entry *e, const struct stat *st, const struct link_owner *o,
    struct carried *c)
{
	struct node *from = link_owner_dir(o);
	struct target t;
	struct stat owner;

	TRY(target_decide(w, e, st, entry_is_absent(e), &t));
	places_forget(&t); /* it has a place already */
	if (w->run->request.dry_run && w->run->mirror == NULL)
		return ERR_OK;
	if (w->run->request.dry_run) {
		/* what stands as a link of the owner stays one if the owner's file is not replaced */
		if (t.dest.exists && t.action.step != STEP_REPLACE &&
		    !mirror_is_renewed(w->run->mirror, st) && is_linked(&t, from, o))
			c->action = ACTION_UNCHANGED;
		else if (t.dest.exists)
			mirror_leave(w->run->mirror, &t.dest.st);
		return ERR_OK;
	}
	if (!t.dest.exists)
		return dir_link(from->dst_fd, link_owner_name(o), false, e->dir->dst_fd, e->name);
	TRY(dir_stat(from->dst_fd, link_owner_name(o), false, SIDE_DST, &owner));
	/* equal content is not enough: it is to be the same file */
	bool equal = t.action.step == STEP_SKIP && t.action.reason == REASON_EQUAL;
	if (owner.st_dev == t.dest.st.st_dev && owner.st_ino == t.dest.st.st_ino) {
		c->action = ACTION_UNCHANGED;
		return ERR_OK;
	}
	if ((t.action.step == STEP_SKIP && !equal) || t.action.step == STEP_REFUSE) {
		c->action = ACTION_UNCHANGED;
		c->note = plan_reason(t.action.reason);
		return ERR_OK;
	}
	if (!t.action.backup)
		return link_over(e, o);
	struct err err;
	if (t.action.step == STEP_REPLACE) {
		TRY(target_save(w, e, &t));
		err = link_over(e, o);
	} else {
		TRY(target_clear(w, e, &t));
		err = dir_link(from->dst_fd, link_owner_name(o), false, e->dir->dst_fd, e->name);
	}
	if (err_failed(err))
		target_restore(e, &t);
	return err;
}

struct err
carry_hard_link(
    struct worker *w, const struct entry *e, const struct stat *st, const struct link_owner *o)
{
	struct node *from = link_owner_dir(o);
	struct carried c = {
		.what = kind_of_mode(st->st_mode),
		.action = ACTION_LINKED,
		.moved = { .method = METHOD_LINK },
	};
	struct str target = STR_INIT;

	TRY(nodes_hold(w->run->nodes, from));
	struct err err = link_to(w, e, st, o, &c);
	nodes_release(w->run->nodes, from);
	if (err_failed(err))
		return err;
	if (w->run->mirror != NULL && w->run->mirror->opts->remove_source &&
	    !w->run->request.dry_run && err_failed(dir_unlink(e->dir->src_fd, e->src_name)))
		tell_error(w, e, err_make(EPERM, OP_UNLINK, SIDE_SRC, -1), NULL);
	if (w->run->wants_items && c.note == NULL) {
		node_rel_path(from, link_owner_name(o), &target);
		c.note = target.buf;
	}
	tell_item(w, e, &c);
	str_release(&target);
	return ERR_OK;
}
