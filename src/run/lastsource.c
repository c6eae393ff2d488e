/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where sources were last time.
 *
 * Of each source and destination, by their resolved paths, a file in the user's state directory says which
 * file system the source was on: by the identity that statfs(2) gives, which a disk keeps when it
 * is mounted again.  A source that is not mounted is then seen to be another one, even if the directory below its
 * mount point is not empty.  Nothing is written into either tree.
 */
#include "run/lastsource.h"

#include "base/own.h"
#include "run/mirror.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "sys/proc.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

enum {
	ID_DIGITS = 16 /* of a file system's identity in hexadecimal, with which a file begins */
};

/* A source of this run and what there is to know of it. */
struct where {
	struct str file;            /* where it is written down */
	struct str text;            /* what is to be written there */
	char before[ID_DIGITS + 1]; /* the identity that is written there; "" = none */
};

static void
where_release(struct where *w)
{
	str_release(&w->file);
	str_release(&w->text);
}

/* Put the state directory into S, each part of it made if MAKE; false: there is none. */
static bool
state_directory(struct str *s, bool make)
{
	const char *state = proc_variable("XDG_STATE_HOME");
	const char *home = proc_variable("HOME");

	if (state != NULL && state[0] == '/')
		str_adds(s, state);
	else if (home != NULL && home[0] == '/')
		str_addf(s, "%s/.local/state", home);
	else
		return false;
	str_adds(s, "/decant/sources");
	if (err_failed(str_check(s)))
		return false;
	for (char *at = s->buf + 1; make && at != NULL;) {
		char *slash = strchr(at, '/');
		if (slash != NULL)
			*slash = '\0';
		/* one that cannot be made is missed when the file is written */
		(void)dir_make(AT_FDCWD, s->buf, 0700);
		if (slash != NULL)
			*slash = '/';
		at = slash != NULL ? slash + 1 : NULL;
	}
	return true;
}

/* Find out about SOURCE; false: it is no directory of a file system that says who it is. */
static bool
where_is(const struct run *run, const char *source, struct where *w)
{
	own_mem char *from = NULL;
	own_mem char *to = NULL;
	own_mem char *old = NULL;
	own_fd fd = -1;
	uint64_t id;
	size_t len;

	*w = (struct where){ .file = STR_INIT, .text = STR_INIT };
	if (err_failed(dir_open_path(AT_FDCWD, source, SIDE_SRC, &fd)) ||
	    err_failed(fs_identity(fd, &id)) || err_failed(fs_resolve(source, &from)) ||
	    err_failed(fs_resolve(run->request.report->dst, &to)) ||
	    !state_directory(&w->file, false))
		return false;
	str_addf(&w->text, "%016llx ", (unsigned long long)id);
	size_t names = w->text.len;
	str_add_quoted(&w->text, from, strlen(from));
	str_addc(&w->text, ' ');
	str_add_quoted(&w->text, to, strlen(to));
	str_addc(&w->text, '\n');
	XXH128_hash_t key = XXH3_128bits(w->text.buf + names, w->text.len - names);
	str_addf(&w->file, "/%016llx%016llx", (unsigned long long)key.high64,
	    (unsigned long long)key.low64);
	if (err_failed(str_check(&w->text)) || err_failed(str_check(&w->file)))
		return false;
	if (!err_failed(fs_read_text(w->file.buf, &old, &len)) && len > ID_DIGITS)
		snprintf(w->before, sizeof w->before, "%.*s", ID_DIGITS, old);
	return true;
}

const char *
lastsource_moved(const struct run *run)
{
	const struct report_opts *told = run->request.report;
	const char *moved = NULL;

	for (size_t i = 0; i < told->n_srcs && moved == NULL; i++) {
		struct where w;
		if (where_is(run, told->srcs[i], &w) && w.before[0] != '\0' &&
		    strncmp(w.before, w.text.buf, ID_DIGITS) != 0)
			moved = told->srcs[i];
		where_release(&w);
	}
	return moved;
}

void
lastsource_note(const struct run *run)
{
	const struct mirror *m = run->mirror;
	const struct report_opts *told = run->request.report;
	bool whole =
	    !m->braked && !cancel_requested(&run->cancel) && atomic_load(&run->unread) == 0;

	if (!m->opts->del.on || run->request.dry_run || !whole)
		return;
	for (size_t i = 0; i < told->n_srcs; i++) {
		struct where w;
		struct str made = STR_INIT;
		if (where_is(run, told->srcs[i], &w) &&
		    strncmp(w.before, w.text.buf, ID_DIGITS) != 0 && state_directory(&made, true))
			(void)fs_write_text(w.file.buf, w.text.buf, w.text.len);
		str_release(&made);
		where_release(&w);
	}
}
