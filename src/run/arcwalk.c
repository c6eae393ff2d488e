/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A walk of what an archive has, in a tree.
 *
 * Directories are nodes, as in the walk of a sync, so that whoever is shown one can keep it.  The base is
 * walked as a node of its own, whose name is ".".
 */
#include "run/arcwalk.h"

#include "run/sink.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A directory that the walk is in. */
struct level {
	struct node *n;  /* a work of it is outstanding */
	struct str dirs; /* names of directories in it that are to be walked, NUL-terminated each */
	size_t at;       /* the next of them */
	size_t path_len; /* of its path in the walk's PATH */
};

/* The walk. */
struct walk {
	struct unpacking *u;
	const struct arcwalk *to;
	struct str path; /* of what is at hand, below the base */
	struct level *levels;
	size_t depth;
	size_t cap;
};

static void
tell(struct walk *w, struct node *parent, const char *name, struct err err)
{
	struct entry e = { .dir = parent, .src_name = name, .name = name };

	tell_error(w->u->w, &e, err, NULL);
}

/* Put NAME, in a directory whose path has LEN bytes, into the path. */
static struct err
set_path(struct walk *w, size_t len, const char *name)
{
	w->path.len = len;
	if (len > 0)
		str_addc(&w->path, '/');
	str_adds(&w->path, name);
	return str_check(&w->path);
}

/* Meet the names of N that the archive has; those of directories among them come into L. */
static struct err
meet_names(struct walk *w, struct node *n, struct level *l)
{
	const struct unpacking *u = w->u;
	struct str met = STR_INIT;
	struct side_name name;
	struct err err = ERR_OK;
	uint64_t ino;

	for (size_t at = 0; !err_failed(err);) {
		sides_extra(n->sides, &at, &name);
		if (name.name == NULL)
			break;
		err = set_path(w, l->path_len, name.name);
		if (err_failed(err) || !pathset_has(&u->has, w->path.buf, w->path.len))
			continue;
		str_add(&met, name.name, strlen(name.name) + 1);
		if ((name.type == DT_DIR || name.type == DT_UNKNOWN) &&
		    unpack_wants(w->u, w->path.buf, w->path.len, true))
			str_add(&l->dirs, name.name, strlen(name.name) + 1);
	}
	if (!err_failed(err))
		err = str_check(&met);
	if (!err_failed(err))
		err = str_check(&l->dirs);
	for (size_t at = 0; !err_failed(err) && at < met.len; at += strlen(met.buf + at) + 1)
		(void)sides_meet(n->sides, met.buf + at, &ino); /* it was just listed */
	str_release(&met);
	return err;
}

/* Read N, which is held, and show it. */
static void
list(struct walk *w, struct node *n, struct level *l)
{
	sink_read_sides(w->u->w, n);
	if (n->sides == NULL)
		return;
	struct err err = meet_names(w, n, l);
	if (err_failed(err)) {
		tell(w, n->parent, n->name, err);
		sink_drop_sides(w->u->w, n);
		return;
	}
	w->to->listed(w->u, n);
}

/* Open directory NAME below PARENT as FDS[2], which is what it is both times. */
static struct err
open_twice(struct node *parent, const char *name, int fds[2], struct stat *st)
{
	TRY(dir_open(parent->dst_fd, name, SIDE_DST, &fds[0]));
	TRY(dir_open(fds[0], ".", SIDE_DST, &fds[1]));
	return file_stat(fds[0], SIDE_DST, st);
}

/* Make the node of directory NAME below PARENT, which is held, and hold it. */
static struct err
make_node(struct walk *w, struct node *parent, const char *name, struct node **n)
{
	bool top = parent == w->u->run.base;
	int fds[2] = { -1, -1 };
	struct stat st;

	struct err err = open_twice(parent, name, fds, &st);
	*n = err_failed(err) ? NULL : node_new(parent, top ? w->u->opts->archive : NULL, name);
	if (*n == NULL) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
		return err_failed(err) ? err : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	(*n)->src = (*n)->dst = st;
	(*n)->top = top;
	(*n)->pinned = top; /* it has not the name that it could be opened again by */
	nodes_opened(w->u->run.nodes, *n, fds[0], fds[1]);
	return ERR_OK;
}

/* Go into directory NAME below PARENT; the path is its own. */
static struct err
enter(struct walk *w, struct node *parent, const char *name)
{
	struct nodes *nodes = w->u->run.nodes;
	struct node *n;

	if (w->depth == w->cap) {
		size_t cap = w->cap == 0 ? 16 : 2 * w->cap; /* arbitrary */
		struct level *grown = reallocarray(w->levels, cap, sizeof grown[0]);
		if (grown == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		w->levels = grown;
		w->cap = cap;
	}
	TRY(nodes_hold(nodes, parent));
	struct err err = make_node(w, parent, name, &n);
	nodes_release(nodes, parent);
	/* a name of the archive need not be a directory here */
	if (err.code == ENOTDIR || err.code == ELOOP || err.code == ENOENT)
		return ERR_OK;
	TRY(err);
	struct level *l = &w->levels[w->depth++];
	*l = (struct level){ .n = n, .dirs = STR_INIT, .path_len = w->path.len };
	list(w, n, l);
	nodes_release(nodes, n);
	return ERR_OK;
}

static void
leave(struct walk *w)
{
	struct level *l = &w->levels[--w->depth];

	nodes_drop_work(w->u->run.nodes, l->n, w->u->w);
	str_release(&l->dirs);
}

bool
arcwalk_run(struct unpacking *u, const struct arcwalk *to)
{
	struct walk w = { .u = u, .to = to, .path = STR_INIT };
	bool gone = false;

	struct err err = enter(&w, u->run.base, ".");
	if (err_failed(err))
		tell(&w, u->run.base, ".", err);
	while (w.depth > 0) {
		struct level *l = &w.levels[w.depth - 1];
		const char *name = l->dirs.buf + l->at;

		gone = gone || cancel_requested(&u->run.cancel);
		if (gone || l->at >= l->dirs.len) {
			leave(&w);
			continue;
		}
		l->at += strlen(name) + 1;
		err = set_path(&w, l->path_len, name);
		if (!err_failed(err))
			err = enter(&w, l->n, name);
		if (err_failed(err))
			tell(&w, l->n, name, err);
	}
	free(w.levels);
	str_release(&w.path);
	return !gone;
}
