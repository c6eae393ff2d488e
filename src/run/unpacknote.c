/* SPDX-License-Identifier: BSD-2-Clause */
/* Notes of members for a manifest. */
#include "run/unpacknote.h"

#include "run/ledger.h"
#include "run/reading.h"
#include "run/unpacking.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

void
unpacknote_init(struct unpacknote *n)
{
	*n = (struct unpacknote){ .out = { .fd = -1, .dir = -1 }, .late = STR_INIT };
}

static struct err
begin(struct unpacking *u)
{
	const struct ledger_opts ledger = {
		.algos = u->run.request.hash,
		.inodes = u->note.inodes = inodes_new(),
		.workers = u->run.n_workers + 1,
		.numbered = true,
	};

	u->run.ledger = ledger_new(&ledger);
	if (u->note.inodes == NULL || u->run.ledger == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return outfile_begin(&u->note.out, u->opts->manifest);
}

bool
unpacknote_begin(struct unpacking *u)
{
	if (u->opts->manifest == NULL)
		return true;
	struct err err = begin(u);
	if (!err_failed(err))
		return true;
	tell_operand_error(&u->run, u->opts->manifest, err, NULL);
	report_raise(u->run.report, EXIT_STOPPED);
	return false;
}

void
unpacknote_member(struct worker *w, const struct entry *e, unsigned number, bool hashed)
{
	struct entry numbered = *e;
	struct stat st;

	if (w->run->ledger == NULL)
		return;
	numbered.number = number;
	struct err err = dir_stat(e->dir->src_fd, e->name, false, SIDE_DST, &st);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	else
		ledger_note(w, &numbered, &st, hashed ? CONTENT_HASHED : CONTENT_UNKNOWN);
}

/* Note the name of regular file FD, which is E, by its content as it stands. */
static struct err
note_file(struct worker *w, const struct entry *e, int fd)
{
	struct stat st;

	TRY(file_stat(fd, SIDE_DST, &st));
	if (!S_ISREG(st.st_mode))
		return err_make(ESTALE, OP_CHANGED, SIDE_DST, -1);
	TRY(reading_hash(w, fd, &st));
	ledger_note(w, e, &st, CONTENT_HASHED);
	return ERR_OK;
}

/* Note what E, a path below its directory, leads to. */
static void
note_path(struct unpacking *u, const struct entry *e)
{
	own_fd fd = -1;
	struct err err = dir_open_below(
	    e->dir->src_fd, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, SIDE_DST, &fd);

	if (!err_failed(err))
		err = note_file(u->w, e, fd);
	if (err_failed(err))
		tell_error(u->w, e, err, NULL);
}

void
unpacknote_link(struct unpacking *u, const struct entry *e, unsigned number)
{
	struct entry numbered = *e;
	struct stat st;

	if (u->run.ledger == NULL)
		return;
	numbered.number = number;
	struct err err = dir_stat(e->dir->src_fd, e->name, false, SIDE_DST, &st);
	if (err_failed(err)) {
		tell_error(u->w, e, err, NULL);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		ledger_note(u->w, &numbered, &st, CONTENT_UNKNOWN);
		return;
	}
	if (st.st_size == 0) {
		/* formats like cpio have the content with the last name */
		str_add(&u->note.late, u->path.buf, u->path.len + 1);
		str_add(&u->note.late, u->link.buf, u->link.len + 1);
	}
	note_path(u, &numbered);
}

void
unpacknote_directory(struct unpacking *u, const char *path, int fd)
{
	const char *name = path[0] != '\0' ? path : ".";
	struct entry e = { .dir = u->run.base, .src_name = name, .name = name };
	struct stat st;

	if (u->run.ledger == NULL)
		return;
	struct err err = file_stat(fd, SIDE_DST, &st);
	e.number = (unsigned)u->entries + u->note.number++;
	if (err_failed(err))
		tell_error(u->w, &e, err, NULL);
	else
		ledger_note(u->w, &e, &st, CONTENT_UNKNOWN);
}

void
unpacknote_end(struct unpacking *u)
{
	struct str *late = &u->note.late;

	if (u->run.ledger == NULL || !u->ended || u->stop != STOP_NOT ||
	    cancel_requested(&u->run.cancel))
		return;
	for (size_t at = 0; at < late->len; at += strlen(late->buf + at) + 1) {
		const char *name = late->buf + at;
		struct entry e = { .dir = u->run.base, .src_name = name, .name = name };
		e.number = (unsigned)u->entries + u->note.number++;
		note_path(u, &e);
	}
	struct err err = str_check(late);
	if (!err_failed(err))
		err = ledger_write(u->run.ledger, u->note.out.fd);
	if (!err_failed(err))
		err = outfile_publish(&u->note.out, u->opts->fsync != FSYNC_NONE);
	if (!err_failed(err))
		return;
	tell_operand_error(&u->run, u->opts->manifest, err, NULL);
	report_raise(u->run.report, EXIT_STOPPED);
}

void
unpacknote_release(struct unpacking *u)
{
	outfile_discard(&u->note.out);
	ledger_free(u->run.ledger);
	inodes_free(u->note.inodes);
	str_release(&u->note.late);
}
