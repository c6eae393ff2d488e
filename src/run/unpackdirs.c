/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of an archive: made on the way to a member, never through a link, finished at the end. */
#include "base/own.h"
#include "run/arcsync.h"
#include "run/unpacking.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct strand *
strand_of(const struct node *dir)
{
	return dir->run;
}

/* Finish the directories deeper than LEN. */
static void
cut(struct unpacking *u, size_t len)
{
	struct chain *c = &u->chain;

	if (c->len > len && u->open != NULL)
		batch_send(u);
	while (c->len > len)
		nodes_drop_work(u->run.nodes, c->nodes[--c->len], u->w);
}

/* Make room for one more directory. */
static struct err
fit(struct chain *c)
{
	if (c->len < c->cap)
		return ERR_OK;
	size_t cap = c->cap == 0 ? 16 : c->cap * 2;
	struct node **nodes = reallocarray(c->nodes, cap, sizeof(struct node *));
	if (nodes == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	c->nodes = nodes;
	c->cap = cap;
	return ERR_OK;
}

/* Make or open NAME below PARENT, which is held. */
static struct err
make_or_open(struct unpacking *u, struct node *parent, const char *name, bool *fresh, int *fd,
    struct stat *st)
{
	struct err err = dir_make(parent->src_fd, name, 0700);

	if (err.code == EEXIST && u->opts->existing == EXISTING_COMPARE)
		err = arcsync_make_way(u, parent, name);
	*fresh = !err_failed(err);
	if (err_failed(err) && err.code != EEXIST)
		return err;
	err = dir_open(parent->src_fd, name, SIDE_DST, fd);
	/* a file, or a link, whoever made it: nothing is ever unpacked through one */
	if (err.code == ENOTDIR || err.code == ELOOP)
		return err_make(EEXIST, OP_MKDIR, SIDE_DST, -1);
	TRY(err);
	return file_stat(*fd, SIDE_DST, st);
}

/* Go into NAME below PARENT. */
static struct err
enter_one(struct unpacking *u, struct node *parent, const char *name)
{
	struct nodes *nodes = u->run.nodes;
	own_fd fd = -1;
	bool fresh = false;
	struct stat st;

	claim_wait(u, claim_of(u, &parent->src, name));
	TRY(fit(&u->chain));
	TRY(nodes_hold(nodes, parent));
	struct err err = make_or_open(u, parent, name, &fresh, &fd, &st);
	nodes_release(nodes, parent);
	TRY(err);
	if (fresh && !unpack_count_entry(u))
		return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
	own_mem struct strand *s = calloc(1, sizeof *s);
	struct node *n = s != NULL ? node_new(parent, NULL, name) : NULL;
	if (n == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	s->u = u;
	s->fresh = fresh;
	s->last = &s->first;
	n->run = s;
	n->job.run = batch_run;
	s = NULL;
	n->src = st;
	if (u->opts->permissions)
		n->default_acl = meta_has_default_acl(fd);
	nodes_opened(nodes, n, fd, -1);
	fd = -1;
	nodes_release(nodes, n);
	u->chain.nodes[u->chain.len++] = n;
	return ERR_OK;
}

struct err
unpack_enter(struct unpacking *u, struct str *path, bool whole, struct node **dir,
    const char **name, size_t *culprit)
{
	struct chain *c = &u->chain;
	struct node *at = u->run.base;
	char *part = path->buf;
	size_t depth = 0;

	for (char *slash = strchr(part, '/'); slash != NULL || whole; slash = strchr(part, '/')) {
		struct err err = ERR_OK;

		*culprit = slash != NULL ? (size_t)(slash - path->buf) : path->len;
		if (slash != NULL)
			*slash = '\0';
		if (depth >= c->len || strcmp(c->nodes[depth]->name, part) != 0) {
			cut(u, depth);
			err = enter_one(u, at, part);
		}
		if (slash != NULL)
			*slash = '/';
		TRY(err);
		at = c->nodes[depth++];
		if (slash == NULL)
			break;
		part = slash + 1;
	}
	cut(u, depth);
	*dir = at;
	*name = part;
	return ERR_OK;
}

void
unpack_finish_directory(struct node *n, struct err why, void *worker)
{
	struct worker *w = worker;
	struct strand *s = strand_of(n);
	mode_t mode = 0777 & ~w->run->umask;

	/* one that the archive does not have itself is as mkdir(1) would have made it */
	if (s != NULL && s->fresh && !s->spooled && !err_failed(why) &&
	    (n->src.st_mode & 0777) != mode) {
		struct err err = meta_chmod(n->src_fd, mode | (n->src.st_mode & S_ISGID));
		struct entry e = { .dir = n->parent, .src_name = n->name, .name = n->name };
		if (err_failed(err))
			tell_error(w, &e, err, NULL);
	}
	free(s);
	n->run = NULL;
}

/* Open PATH, of any length, below the base. */
static struct err
open_long(int dir, char *path, int *fd)
{
	int at = dir;

	for (;;) {
		char *slash = strchr(path, '/');
		int next = -1;

		if (slash != NULL)
			*slash = '\0';
		struct err err = dir_open(at, path, SIDE_DST, &next);
		if (slash != NULL)
			*slash = '/';
		if (at != dir)
			file_drop(&at);
		TRY(err);
		if (slash == NULL) {
			*fd = next;
			return ERR_OK;
		}
		at = next;
		path = slash + 1;
	}
}

/* Give the directory PATH the attributes M. */
static struct err
finish_one(struct unpacking *u, const char *path, const struct arc_member *m)
{
	struct entry e = { .dir = u->run.base, .src_name = path, .name = path };
	int base = u->run.base->src_fd;
	own_fd fd = -1;
	bool equal = false;
	struct stat now;

	struct err err = dir_open_below(
	    base, path[0] == '\0' ? "." : path, O_RDONLY | O_DIRECTORY, SIDE_DST, &fd);
	if (err.code == ENAMETOOLONG)
		err = open_long(base, (char *)path, &fd); /* the spool's own, writable text */
	TRY(err);
	TRY(file_stat(fd, SIDE_DST, &now));
	if (u->opts->existing == EXISTING_COMPARE)
		TRY(arcsync_mend_directory(u, m, fd, &equal));
	if (!equal)
		err = member_attrs(u->w, &e, m, fd, &now);
	unpacknote_directory(u, path, fd);
	if (u->opts->fsync == FSYNC_EACH && !err_failed(err))
		err = dir_sync(fd);
	return err;
}

void
unpack_directories(struct unpacking *u)
{
	struct dirspool *s = &u->spool;
	struct arc_member m;
	const char *path;

	/* the deepest first, so that no mode bars the way; of one that came twice the last one counts */
	for (size_t depth = s->n_levels; depth-- > 0;) {
		for (int64_t at = s->levels[depth].first; at >= 0;) {
			struct err err = dirspool_read(s, &at, &path, &m);
			if (err_failed(err)) {
				tell_operand_error(&u->run, u->opts->archive, err, NULL);
				return;
			}
			err = finish_one(u, path, &m);
			struct entry e = { .dir = u->run.base, .src_name = path, .name = path };
			if (err_failed(err))
				tell_error(u->w, &e, err, NULL);
		}
	}
}
