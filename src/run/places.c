/* SPDX-License-Identifier: BSD-2-Clause */
/* Backups of what is replaced or deleted, and earlier trees to link to, clone from or leave out. */
#include "run/places.h"

#include "base/own.h"
#include "run/comparing.h"
#include "run/mirror.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* Open directory PATH, relative to the base, made if MAKE; *FD stays -1 if it is not there. */
static struct err
open_place(struct run *run, const char *path, bool make, int *fd)
{
	int base = path[0] == '/' ? AT_FDCWD : run->base->dst_fd;

	if (base == -1)
		return ERR_OK; /* a dry run into nothing */
	if (make && !run->request.dry_run) {
		struct err err = dir_make(base, path, 0777);
		if (err_failed(err) && err.code != EEXIST)
			return err;
	}
	struct err err = dir_open_path(base, path, SIDE_DST, fd);
	return err.code == ENOENT ? ERR_OK : err;
}

static void
note_missing(struct run *run, const char *path)
{
	struct str line = STR_INIT;

	str_adds(&line, "no earlier tree ");
	str_add_quoted(&line, path, strlen(path));
	str_adds(&line, ": all files are copied");
	struct event ev = { .kind = EVENT_NOTE, .note = line.buf };
	report_emit(run->report, &ev);
	str_release(&line);
}

/* Lock DEST, if that is asked for; false: another run has it. */
static bool
lock(struct run *run)
{
	struct mirror *m = run->mirror;
	struct str line = STR_INIT;

	if (!m->opts->lock || run->base->dst_fd < 0 || run->request.dry_run)
		return true;
	struct err err = dir_open_path(run->base->dst_fd, ".", SIDE_DST, &m->lock_fd);
	if (!err_failed(err))
		err = dir_lock(m->lock_fd);
	if (err.code == EWOULDBLOCK) {
		str_add_quoted(&line, run->request.report->dst, strlen(run->request.report->dst));
		str_adds(&line, " is locked: another run writes to it");
		struct event ev = { .kind = EVENT_BRAKE, .note = line.buf };
		report_emit(run->report, &ev);
		str_release(&line);
	} else if (err_failed(err)) {
		tell_operand_error(run, run->request.report->dst, err, NULL);
	}
	return !err_failed(err);
}

bool
places_open(struct run *run)
{
	struct mirror *m = run->mirror;
	const struct sync_opts *opts = m->opts;

	if (!lock(run))
		return false;
	if (run->base->dst_fd >= 0)
		mark_find(run);
	for (size_t i = 0; i < opts->n_bases; i++) {
		struct basis_opt *b = &opts->bases[i];
		b->fd = -1;
		struct err err = open_place(run, b->path, false, &b->fd);
		if (err_failed(err)) {
			tell_operand_error(run, b->path, err, NULL);
			return false;
		}
		if (b->fd < 0)
			note_missing(run, b->path);
	}
	if (opts->backup_dir == NULL)
		return true;
	struct err err = open_place(run, opts->backup_dir, true, &m->backup_fd);
	if (!err_failed(err) && m->backup_fd >= 0)
		err = file_stat(m->backup_fd, SIDE_DST, &m->backup);
	if (err_failed(err))
		tell_operand_error(run, opts->backup_dir, err, NULL);
	return !err_failed(err);
}

void
places_close(struct run *run)
{
	const struct sync_opts *opts = run->mirror->opts;

	for (size_t i = 0; i < opts->n_bases; i++) {
		if (opts->bases[i].fd > 0)
			file_drop(&opts->bases[i].fd);
	}
	file_drop(&run->mirror->backup_fd);
	file_drop(&run->mirror->lock_fd);
}

bool
places_is_backup(const struct run *run, const struct stat *st)
{
	const struct mirror *m = run->mirror;

	return m->backup_fd >= 0 && m->backup.st_dev == st->st_dev &&
	       m->backup.st_ino == st->st_ino;
}

/* Open the directory of PATH below the place of backups, making it; *NAME is PATH's last component. */
static struct err
open_backup(const struct mirror *m, char *path, int *fd, const char **name)
{
	own_fd at = -1;

	TRY(dir_open(m->backup_fd, ".", SIDE_DST, &at));
	for (;;) {
		path += strspn(path, "/");
		char *slash = strchr(path, '/');
		if (slash == NULL)
			break;
		*slash = '\0';
		struct err err = dir_make(at, path, 0777);
		if (err_failed(err) && err.code != EEXIST)
			return err;
		own_fd next = -1;
		TRY(dir_open(at, path, SIDE_DST, &next));
		file_drop(&at);
		at = next;
		next = -1;
		path = slash + 1;
	}
	*name = path;
	*fd = at;
	at = -1;
	return ERR_OK;
}

/* places_save() and places_move(). */
static struct err
save(struct worker *w, const struct node *dir, const char *shown, int from, const char *name,
    bool moves)
{
	const struct mirror *m = w->run->mirror;
	struct str path = STR_INIT;
	const char *last = NULL;
	own_fd to = -1;

	node_rel_path(dir, shown, &path);
	if (m->opts->backup_suffix)
		str_adds(&path, m->opts->copy.suffix);
	struct err err = str_check(&path);
	if (!err_failed(err))
		err = open_backup(m, path.buf, &to, &last);
	if (!err_failed(err) && moves)
		err = dir_move(from, name, to, last, false);
	else if (!err_failed(err)) {
		err = dir_link(from, name, false, to, last);
		if (err.code == EEXIST) {
			err = dir_unlink(to, last);
			if (!err_failed(err))
				err = dir_link(from, name, false, to, last);
		}
	}
	str_release(&path);
	return err;
}

struct err
places_save(struct worker *w, const struct node *dir, const char *shown, int from, const char *name)
{
	return save(w, dir, shown, from, name, false);
}

struct err
places_move(struct worker *w, const struct node *dir, const char *shown, int from, const char *name)
{
	return save(w, dir, shown, from, name, true);
}

/* Whether B's file, with DIFFERS from E, will do. */
static bool
is_good_enough(const struct basis_opt *b, unsigned differs)
{
	const unsigned whole =
	    DIFFERS_TYPE | DIFFERS_SIZE | DIFFERS_CONTENT | UNSURE_CONTENT | DIFFERS_MTIME;

	return b->kind == BASIS_CLONE ? (differs & whole) == 0 : differs == 0;
}

/* Look for E in B; true if what is there will do, in the directory *DIR then. */
static struct err
look_in(struct worker *w, const struct entry *e, const struct stat *st, const struct basis_opt *b,
    int *dir, bool *good)
{
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	struct meta_pair pair = { e->dir->src_fd, e->src_name, -1, e->name };
	own_fd fd = -1;
	struct stat found;
	unsigned differs;

	*good = false;
	node_rel_path(e->dir, NULL, &w->rel);
	struct err err = dir_open_below(
	    b->fd, w->rel.len > 0 ? w->rel.buf : ".", O_DIRECTORY | O_RDONLY, SIDE_DST, &fd);
	if (!err_failed(err))
		err = dir_stat(fd, e->name, false, SIDE_DST, &found);
	if (err.code == ENOENT || err.code == ENOTDIR)
		return ERR_OK;
	TRY(err);
	if (found.st_dev == st->st_dev && found.st_ino == st->st_ino)
		return ERR_OK;
	pair.dst_dir = fd;
	differs = compare_stats(opts, st, &found);
	TRY(comparing_pair(w, &pair, st, &differs));
	*good = is_good_enough(b, differs);
	if (*good) {
		*dir = fd;
		fd = -1;
	}
	return ERR_OK;
}

struct err
places_find(struct worker *w, const struct entry *e, const struct stat *st, struct target *t)
{
	const struct sync_opts *opts = w->run->mirror->opts;
	bool good = false;

	for (size_t i = 0; i < opts->n_bases && !good; i++) {
		const struct basis_opt *b = &opts->bases[i];
		if (b->fd < 0 || b->kind == BASIS_COPY)
			continue;
		TRY(look_in(w, e, st, b, &t->basis_dir, &good));
		t->basis = good ? b : NULL;
	}
	return ERR_OK;
}

void
places_forget(struct target *t)
{
	if (t->basis != NULL)
		file_drop(&t->basis_dir);
	t->basis = NULL;
}
