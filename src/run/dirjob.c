/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The job of a directory.
 *
 * One worker opens both sides, lists the source and gives the sink the files as it meets their names, so
 * that one directory has one creator at a time (TRUST.md 0.7) and names are never copied.  Its
 * directories go to the lane, where other workers find them; after GIVE_BACK of them the job puts
 * itself below them, so that a directory of any width is bounded in memory.
 */
#include "run/dirjob.h"

#include "base/own.h"
#include "run/ignores.h"
#include "run/mirror.h"
#include "run/rewrite.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum {
	GIVE_BACK = 1024 /* directories met before the listing waits for them; arbitrary */
};

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* With -L a link may lead back to a directory that the walk is in. */
static bool
is_loop(const struct worker *w, const struct node *n)
{
	if (w->run->request.walk->follow != FOLLOW_ALL)
		return false;
	for (const struct node *up = n->parent; up != NULL; up = up->parent) {
		if (up->parent != NULL && is_same(&up->src, &n->src))
			return true;
	}
	return false;
}

static struct err
open_both(struct worker *w, struct node *n, const struct entry *e, int fds[2])
{
	if (n->follow)
		TRY(dir_open_path(n->parent->src_fd, n->src_name, SIDE_SRC, &fds[0]));
	else
		TRY(dir_open(n->parent->src_fd, n->src_name, SIDE_SRC, &fds[0]));
	TRY(file_stat(fds[0], SIDE_SRC, &n->src));
	rewrite_stat(w->run, &n->src);
	if (w->run->base->dst.st_ino != 0 && is_same(&n->src, &w->run->base->dst)) {
		tell_error(
		    w, e, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1), "it is the destination");
		return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
	}
	if (is_loop(w, n))
		return err_make(ELOOP, OP_OPEN, SIDE_SRC, -1);
	return w->run->sink->enter(w, n, e, &fds[1]);
}

bool
dirjob_open(struct worker *w, struct node *n, bool operand)
{
	struct entry e = {
		.dir = n->parent,
		.src_name = n->src_name,
		.name = n->name,
		.operand = operand,
		.follow = n->follow,
		.type = DT_DIR,
		.other = n->other,
	};
	int fds[2] = { -1, -1 };

	struct err err = nodes_hold(w->run->nodes, n->parent);
	if (!err_failed(err)) {
		err = open_both(w, n, &e, fds);
		nodes_release(w->run->nodes, n->parent);
	}
	if (err_failed(err)) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
		n->failed = true;
		if (err_class(err) != ERR_CLASS_CANCELED)
			atomic_fetch_add(&w->run->unread, 1);
		tell_error(w, &e, err, NULL);
		return false;
	}
	nodes_opened(w->run->nodes, n, fds[0], fds[1]);
	w->run->sink->entered(w, n, &e);
	return true;
}

/* A listing under way. */
struct listing {
	struct worker *w;
	struct node *n;
	struct job *found; /* directories met and not yet handed over, the latest first */
	unsigned handed;   /* directories met since the job was started */
};

/* Put the directories found into the lane, the first of them on top. */
static void
hand_over_found(struct listing *l)
{
	while (l->found != NULL) {
		struct job *job = l->found;
		l->found = job->next;
		/* the directory lane has no bound: it takes every job */
		BUG_ON(!sched_push(l->w->run->sched, LANE_DIRS, job));
	}
}

static void
meet_directory(struct listing *l, const struct entry *e)
{
	struct node *n = node_new(e->dir, NULL, e->name);

	if (n == NULL) {
		tell_error(l->w, e, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return;
	}
	n->follow = e->follow;
	n->other = e->other;
	n->job.run = dirjob_run;
	n->run = l->w->run;
	n->job.next = l->found;
	l->found = &n->job;
	l->handed++;
	if (sched_is_hungry(l->w->run->sched))
		hand_over_found(l);
}

bool
dirjob_excludes(struct worker *w, const struct node *dir, const char *name, bool is_dir)
{
	const struct filter *f = w->run->filter;
	struct str *path = &w->rel;

	if (w->run->mirror != NULL)
		return ignores_ask(w, dir, name, is_dir, RULES_SOURCE, NULL);
	if (f == NULL)
		return false;
	if (!filter_needs_path(f))
		return filter_excludes(f, NULL, 0, name, is_dir);
	node_operand_path(dir, name, path);
	return filter_excludes(f, path->buf, path->len, name, is_dir);
}

/* The type of NAME where the listing does not say, or where a link is followed. */
static unsigned char
type_of(const struct listing *l, const struct dir_name *name, bool *follow)
{
	bool all = l->w->run->request.walk->follow == FOLLOW_ALL;
	struct stat st;

	*follow = all && (name->type == DT_LNK || name->type == DT_UNKNOWN);
	if (name->type != DT_UNKNOWN && !*follow)
		return name->type;
	/* what cannot be asked for is an error of the entry, which its carrying meets again */
	if (err_failed(dir_stat(l->n->src_fd, name->name, *follow, SIDE_SRC, &st)))
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(st.st_mode);
}

static void
meet(struct listing *l, const struct dir_name *name)
{
	struct entry e = { .dir = l->n, .src_name = name->name, .name = name->name };
	uint64_t other_ino;

	e.type = type_of(l, name, &e.follow);
	bool out = dirjob_excludes(l->w, l->n, name->name, e.type == DT_DIR);
	/* what is left out here is no extra there; in a sync rules have a say about that of their own */
	if (out && l->w->run->mirror != NULL)
		return;
	e.other = SIDE_NOT_ASKED;
	if (l->n->sides != NULL) {
		e.other = sides_meet(l->n->sides, name->name, &other_ino);
		e.one_ino = other_ino == name->ino;
	}
	if (out)
		return;
	atomic_fetch_add_explicit(&l->w->run->live->items_found, 1, memory_order_relaxed);
	if (e.type == DT_DIR)
		meet_directory(l, &e);
	else
		l->w->run->sink->carry(l->w, &e);
}

/* List until the end, or until GIVE_BACK directories were met; true at the end. */
static bool
list(struct listing *l)
{
	struct entry self = { .dir = l->n->parent, .src_name = l->n->src_name, .name = l->n->name };
	struct dir_list listing;
	struct dir_name name;

	struct err err = dir_list_start(&listing, l->n->src_fd, l->w->list_buf, l->n->list_at);
	while (!err_failed(err) && !cancel_requested(&l->w->run->cancel)) {
		err = dir_list_next(&listing, &name);
		if (err_failed(err) || name.name == NULL)
			break;
		l->n->met++;
		meet(l, &name);
		if (l->handed < GIVE_BACK)
			continue;
		l->n->list_at = listing.next;
		return false;
	}
	l->n->partial = err_failed(err) || cancel_requested(&l->w->run->cancel);
	if (err_failed(err)) {
		atomic_fetch_add(&l->w->run->unread, 1);
		tell_error(l->w, &self, err, NULL);
	}
	return true;
}

/* -x: a directory on another file system than the one it stands in is made, not entered. */
static bool
is_mount_point(const struct worker *w, const struct node *n)
{
	return w->run->request.walk->one_file_system && n->parent->parent != NULL &&
	       n->src.st_dev != n->parent->src.st_dev;
}

/* List what is open; AGAIN = on from where the job was given back.  True at the end. */
static bool
visit(struct listing *l, bool again)
{
	const struct sink *sink = l->w->run->sink;

	if (is_mount_point(l->w, l->n)) {
		l->n->partial = true;
	} else {
		if (!again)
			sink->list(l->w, l->n);
		if (!list(l))
			return false;
	}
	sink->listed(l->w, l->n);
	return true;
}

void
dirjob_run(struct job *job, unsigned number)
{
	struct node *n = (struct node *)job;
	struct run *run = n->run;
	struct worker *w = &run->workers[number];
	struct listing l = { .w = w, .n = n };
	bool again = n->opened;
	bool end = true;

	if (!cancel_requested(&run->cancel) && !n->failed) {
		struct entry self = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
		struct err err = again ? nodes_hold(run->nodes, n) : ERR_OK;
		if (err_failed(err))
			tell_error(w, &self, err, NULL);
		else if (again || dirjob_open(w, n, n->parent->parent == NULL)) {
			end = visit(&l, again);
			nodes_release(run->nodes, n);
		}
	}
	if (!end)
		BUG_ON(!sched_push(run->sched, LANE_DIRS, &n->job));
	hand_over_found(&l);
	if (end)
		nodes_drop_work(run->nodes, n, w);
}

void
dirjob_push(struct worker *w, struct node *dir, const struct entry *e)
{
	struct node *n = node_new(dir, e->src_name, e->name);

	if (n == NULL) {
		tell_error(w, e, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return;
	}
	n->follow = e->follow;
	n->top = dir->parent == NULL && strcmp(e->name, ".") == 0;
	n->number = e->number;
	n->job.run = dirjob_run;
	n->run = w->run;
	BUG_ON(!sched_push(w->run->sched, LANE_DIRS, &n->job));
}
