/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hollow directories.
 *
 * A directory is made when it is met, before it is known what is in it; so a hollow one is removed at its
 * end.  One that was there before is an extra, but is removed only after the brakes have let extras go.
 */
#include "run/hollow.h"

#include "base/own.h"
#include "run/mirror.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/meta.h"

#include <errno.h>
#include <string.h>

/* Remove N, which this run made. */
static void
unmake(struct worker *w, struct node *n)
{
	struct entry e = { .dir = n->parent, .src_name = n->src_name, .name = n->name };

	struct err err = nodes_hold(w->run->nodes, n->parent);
	if (!err_failed(err)) {
		err = dir_remove(n->parent->dst_fd, n->name);
		nodes_release(w->run->nodes, n->parent);
	}
	/* somebody else has put something into it */
	if (err_failed(err) && err.code != ENOTEMPTY)
		tell_error(w, &e, err, NULL);
}

bool
hollow_is(struct worker *w, struct node *n)
{
	struct mirror *m = w->run->mirror;

	if (!m->opts->prune_empty)
		return false;
	if (atomic_load(&n->filled) || n->partial || n->top) {
		atomic_store(&n->parent->filled, true);
		return false;
	}
	if (n->dst.st_ino == 0)
		return true;
	if (n->fresh) {
		unmake(w, n);
	} else if (atomic_load(&n->held)) {
		atomic_store(&n->parent->held, true);
	} else if (m->opts->del.on) {
		node_rel_path(n, NULL, &w->rel);
		pthread_mutex_lock(&m->lock);
		str_add(&m->hollow, w->rel.buf, w->rel.len + 1);
		pthread_mutex_unlock(&m->lock);
	}
	return true;
}

/* Remove NAME below DIR, whose times stay. */
static struct err
remove_quietly(int dir, const char *name)
{
	struct stat st;

	TRY(file_stat(dir, SIDE_DST, &st));
	TRY(dir_remove(dir, name));
	return meta_times(dir, &st);
}

/* Remove directory PATH below the base if it is empty. */
static void
remove_path(struct run *run, char *path)
{
	struct worker *w = &run->workers[run->n_workers];
	struct entry e = { .dir = run->base, .src_name = path, .name = path, .operand = true };
	struct carried o = { .what = KIND_DIR, .action = ACTION_DELETED };
	own_fd dir = -1;
	struct err err = ERR_OK;

	if (!run->request.dry_run) {
		char *slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
		err = dir_open_below(run->base->dst_fd, slash != NULL ? path : ".",
		    O_RDONLY | O_DIRECTORY, SIDE_DST, &dir);
		if (!err_failed(err))
			err = remove_quietly(dir, slash != NULL ? slash + 1 : path);
		if (slash != NULL)
			*slash = '/';
	}
	/* what a rule protects keeps its directory; and one above may be gone */
	if (err.code == ENOTEMPTY || err.code == ENOENT)
		return;
	if (err_failed(err))
		tell_error(w, &e, err, NULL);
	else
		tell_item(w, &e, &o);
}

void
hollow_conclude(struct run *run)
{
	struct mirror *m = run->mirror;
	bool unsure = atomic_load(&run->unread) > 0 && !m->opts->del.ignore_errors;

	if (m->braked || unsure || err_failed(str_check(&m->hollow)))
		return;
	for (size_t at = 0; at < m->hollow.len && !cancel_requested(&run->cancel);) {
		char *path = m->hollow.buf + at;
		at += strlen(path) + 1;
		remove_path(run, path);
	}
}
