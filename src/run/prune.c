/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removing a tree, iteratively.
 *
 * Only the innermost directory is open.  Each level keeps the names of its directories, which are
 * visited once its other names are gone, and what its parent was, so that the way back through ".." is
 * known to lead where the way in came from.
 */
#include "run/prune.h"

#include "base/own.h"
#include "engine/commit.h"
#include "run/ignores.h"
#include "run/mirror.h"
#include "run/places.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/meta.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A directory on the way. */
struct level {
	struct str dirs; /* names of directories in it, NUL-terminated each */
	size_t at;       /* the next of them */
	size_t path_len; /* length of its own path */
	size_t name_at;  /* where in the path its name starts */
	struct stat st;  /* its identity */
	bool kept;       /* something in it stays */
};

/* A removal under way. */
struct way {
	struct prune *p;
	struct str path;      /* of the directory or name at hand, below P->dir */
	struct level *levels; /* [depth] */
	size_t depth;
	size_t cap;
	int fd; /* the innermost directory, -1 = P->dir's destination */
};

static int
here(const struct way *y)
{
	return y->depth > 0 ? y->fd : y->p->dir->dst_fd;
}

/* The entry at hand. */
static struct entry
at_hand(const struct way *y)
{
	return (struct entry){
		.dir = y->p->dir, .src_name = y->path.buf, .name = y->path.buf, .operand = true
	};
}

static void
tell_kept(struct way *y, struct err err, const char *note)
{
	struct entry e = at_hand(y);

	if (y->p->how != PRUNE_COUNT)
		tell_error(y->p->w, &e, err_make(err.code, OP_UNLINK, SIDE_DST, -1), note);
}

static void
tell_gone(struct way *y, const struct stat *st)
{
	struct entry e = at_hand(y);
	struct carried o = {
		.what = kind_of_mode(st->st_mode),
		.action = ACTION_DELETED,
		.size = S_ISREG(st->st_mode) ? st->st_size : 0,
	};

	y->p->count++;
	if (y->p->how != PRUNE_COUNT)
		tell_item(y->p->w, &e, &o);
}

/* Remove NAME below DIR; who owns a directory that may not be written may all the same. */
static struct err
remove_name(const struct run *run, int dir, const char *name, bool is_dir)
{
	struct stat st;
	struct err err = is_dir ? dir_remove(dir, name) : dir_unlink(dir, name);

	if (err.code != EACCES || err_failed(file_stat(dir, SIDE_DST, &st)) ||
	    st.st_uid != run->uid || (st.st_mode & 0300) == 0300 ||
	    err_failed(meta_chmod(dir, st.st_mode | 0300)))
		return err;
	return is_dir ? dir_remove(dir, name) : dir_unlink(dir, name);
}

/* Whether what is removed is to be saved. */
static bool
saves(const struct run *run)
{
	return run->copy->plan.backup != BACKUP_NONE;
}

/* Save what has the path at hand and the name NAME below DIR: elsewhere, or under another name. */
static struct err
save(struct way *y, int dir, const char *name)
{
	struct worker *w = y->p->w;
	char backup[NAME_MAX + 1];

	if (w->run->mirror->backup_fd >= 0)
		return places_move(w, y->p->dir, y->path.buf, dir, name);
	int len = snprintf(backup, sizeof backup, "%s%s", name, w->run->copy->suffix);
	if ((size_t)len >= sizeof backup)
		return err_make(ENAMETOOLONG, OP_RENAME, SIDE_DST, -1);
	return dir_rename(dir, name, backup, false);
}

/* Whether NAME is that of a backup beside what it is of: no extra. */
static bool
is_backup(const struct run *run, const char *name)
{
	size_t len = strlen(name);
	size_t suffix = strlen(run->copy->suffix);

	return saves(run) && run->mirror->backup_fd < 0 && len > suffix &&
	       strcmp(name + len - suffix, run->copy->suffix) == 0;
}

/* Remove what has the path at hand and the name NAME below DIR; false if it stays. */
static bool
drop(struct way *y, int dir, const char *name, unsigned char type)
{
	struct stat st = { .st_mode = DTTOIF(type) };
	bool is_dir = type == DT_DIR;

	if (y->p->how != PRUNE_COUNT && y->p->w->run->wants_items && !is_dir &&
	    err_failed(dir_stat(dir, name, false, SIDE_DST, &st)))
		st.st_size = 0;
	if (y->p->how == PRUNE_REMOVE && !is_dir && saves(y->p->w->run) && !commit_is_aside(name)) {
		struct err err = save(y, dir, name);
		if (err.code == ENOENT)
			return true; /* somebody else was faster */
		if (err_failed(err))
			tell_kept(y, err, NULL);
		else
			tell_gone(y, &st);
		return !err_failed(err) && y->p->w->run->mirror->backup_fd >= 0;
	}
	if (y->p->how == PRUNE_REMOVE) {
		struct err err = remove_name(y->p->w->run, dir, name, is_dir);
		if (err.code == ENOENT)
			return true; /* somebody else was faster */
		if (err_failed(err)) {
			tell_kept(y, err, NULL);
			return false;
		}
	}
	tell_gone(y, &st);
	return true;
}

/* Whether a rule protects what has the path at hand and the name NAME. */
static bool
is_protected(struct way *y, const char *name, bool is_dir)
{
	const struct run *run = y->p->w->run;
	enum rules_side side = run->mirror->opts->del.excluded ? RULES_PROTECT : RULES_DEST;

	if (!is_dir && is_backup(run, name))
		return true;
	return !y->p->all && ignores_ask(y->p->w, y->p->dir, y->path.buf, is_dir, side, NULL);
}

static unsigned char
type_of(int dir, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN || err_failed(dir_stat(dir, name, false, SIDE_DST, &st)))
		return type;
	return (unsigned char)IFTODT(st.st_mode);
}

static void
set_path(struct way *y, size_t len, const char *name)
{
	y->path.len = len;
	if (len > 0)
		str_addc(&y->path, '/');
	str_adds(&y->path, name);
}

/* Remove the names of the innermost directory that are none of directories; keep the others' names. */
static struct err
sweep(struct way *y)
{
	struct level *l = &y->levels[y->depth - 1];
	struct dir_list list;
	struct dir_name found;

	TRY(dir_list_start(&list, y->fd, y->p->w->list_buf, 0));
	for (;;) {
		TRY(cancel_check(&y->p->w->run->cancel));
		TRY(dir_list_next(&list, &found));
		if (found.name == NULL)
			break;
		unsigned char type = type_of(y->fd, found.name, found.type);
		set_path(y, l->path_len, found.name);
		TRY(str_check(&y->path));
		if (is_protected(y, found.name, type == DT_DIR))
			l->kept = true;
		else if (type == DT_DIR)
			str_add(&l->dirs, found.name, strlen(found.name) + 1);
		else
			l->kept |= !drop(y, y->fd, found.name, type);
	}
	y->path.len = l->path_len;
	y->path.buf[l->path_len] = '\0';
	return str_check(&l->dirs);
}

static struct err
push(struct way *y, int fd, size_t name_at)
{
	struct stat st;

	TRY(file_stat(fd, SIDE_DST, &st));
	if (y->depth == y->cap) {
		size_t cap = y->cap == 0 ? 16 : y->cap * 2;
		struct level *levels = reallocarray(y->levels, cap, sizeof *levels);
		if (levels == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		y->levels = levels;
		y->cap = cap;
	}
	y->levels[y->depth++] = (struct level){
		.dirs = STR_INIT,
		.path_len = y->path.len,
		.name_at = name_at,
		.st = st,
	};
	return ERR_OK;
}

/* Go into directory NAME, whose path is at hand; false if that is not possible: it stays. */
static bool
go_in(struct way *y, const char *name)
{
	own_fd fd = -1;
	struct err err = dir_open_unmounted(here(y), name, &fd);

	if (!err_failed(err))
		err = push(y, fd, y->path.len - strlen(name));
	/* where backups go is no extra */
	if (!err_failed(err) && places_is_backup(y->p->w->run, &y->levels[y->depth - 1].st)) {
		y->depth--;
		return false;
	}
	if (err_failed(err)) {
		tell_kept(y, err, err.code == EXDEV ? "a file system is mounted there" : NULL);
		return false;
	}
	file_drop(&y->fd);
	y->fd = fd;
	fd = -1;
	err = sweep(y);
	if (err_failed(err)) {
		y->levels[y->depth - 1].kept = true;
		y->path.len = y->levels[y->depth - 1].path_len;
		y->path.buf[y->path.len] = '\0';
		if (err_class(err) != ERR_CLASS_CANCELED)
			tell_kept(y, err, NULL);
	}
	return true;
}

/* Leave the innermost directory, which goes if nothing in it stays; false if it stays. */
static bool
go_out(struct way *y)
{
	struct level l = y->levels[--y->depth];
	const struct level *up = y->depth > 0 ? &y->levels[y->depth - 1] : NULL;
	bool gone = !l.kept;
	own_fd parent = -1;
	struct stat st;

	str_release(&l.dirs);
	y->path.len = l.path_len;
	y->path.buf[l.path_len] = '\0';
	if (up != NULL) {
		struct err err = dir_open_parent(y->fd, SIDE_DST, &parent);
		if (!err_failed(err))
			err = file_stat(parent, SIDE_DST, &st);
		if (!err_failed(err) && (st.st_dev != up->st.st_dev || st.st_ino != up->st.st_ino))
			err = err_make(ESTALE, OP_OPEN, SIDE_DST, -1);
		if (err_failed(err)) {
			tell_kept(y, err, "it was moved away meanwhile");
			y->levels[y->depth - 1].at =
			    SIZE_MAX; /* its descriptor is gone: nothing more there */
			gone = false;
		}
	}
	file_drop(&y->fd);
	y->fd = parent;
	parent = -1;
	if (gone)
		gone = drop(y, here(y), y->path.buf + l.name_at, DT_DIR);
	if (up != NULL)
		y->levels[y->depth - 1].kept |= !gone;
	return gone;
}

bool
prune_name(struct prune *p, const char *name, unsigned char type)
{
	struct way y = { .p = p, .path = STR_INIT, .fd = -1 };
	bool gone = false;

	set_path(&y, 0, name);
	type = type_of(p->dir->dst_fd, name, type);
	if (is_protected(&y, name, type == DT_DIR)) {
		gone = false;
	} else if (type != DT_DIR) {
		gone = drop(&y, p->dir->dst_fd, name, type);
	} else if (go_in(&y, name)) {
		while (y.depth > 0) {
			struct level *l = &y.levels[y.depth - 1];
			if (l->at >= l->dirs.len) {
				gone = go_out(&y);
				continue;
			}
			const char *next = l->dirs.buf + l->at;
			l->at += strlen(next) + 1;
			set_path(&y, l->path_len, next);
			if (!go_in(&y, next))
				y.levels[y.depth - 1].kept = true;
		}
	}
	free(y.levels);
	file_drop(&y.fd);
	str_release(&y.path);
	return gone;
}
