/* SPDX-License-Identifier: BSD-2-Clause */
/* The outer ends of `pipe`: looked at first, opened when the pipeline has been laid out. */
#include "pipe/ends.h"
#include "run/piping.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* The spec of the source or, with LAST, the sink of OPTS; NULL when none was given. */
static const struct stage_spec *
spec_of(const struct pipe_opts *opts, bool last)
{
	return last ? pipe_sink(opts) : pipe_source(opts);
}

/* An end that is descriptor FD of ours, called NAME. */
static void
use_descriptor(struct piping_end *e, int fd, const char *name, bool writes)
{
	e->is_std = fd <= STDOUT_FILENO;
	e->end = (struct end){ .fd = fd, .kind = end_kind(fd, writes), .name = name };
}

static const char *
std_name(bool writes)
{
	return writes ? "stdout" : "stdin";
}

/* Look at the end that SPEC names.  E has a name afterwards, whatever the result. */
static struct err
look(struct piping_end *e, const struct stage_spec *spec, bool writes)
{
	struct fd_facts facts;
	struct stat st;

	*e = (struct piping_end){ .file = { .fd = -1, .dir = -1 }, .peer = -1 };
	if (spec == NULL || spec->kind == END_STD) {
		use_descriptor(e, writes ? STDOUT_FILENO : STDIN_FILENO, std_name(writes), writes);
		return ERR_OK;
	}
	if (spec->kind == END_FD) {
		(void)snprintf(e->label, sizeof e->label, "fd:%d", spec->fd);
		e->end = (struct end){ .fd = -1, .name = e->label };
		TRY(fd_facts(spec->fd, &facts));
		use_descriptor(e, spec->fd, e->label, writes);
		e->is_std = writes ? spec->fd == STDOUT_FILENO : spec->fd == STDIN_FILENO;
		return ERR_OK;
	}
	e->end = (struct end){ .fd = -1, .owned = true, .kind = WANT_FD, .name = spec->name };
	if (spec->kind != END_FILE)
		return ERR_OK;
	struct err err = dir_stat(AT_FDCWD, spec->name, true, writes ? SIDE_DST : SIDE_SRC, &st);
	if (writes && err.code == ENOENT) {
		e->end.kind = WANT_FILE;
		return ERR_OK;
	}
	TRY(err);
	if (S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_OPEN, writes ? SIDE_DST : SIDE_SRC, -1);
	e->end.kind = S_ISREG(st.st_mode) ? WANT_FILE : WANT_FD;
	return ERR_OK;
}

bool
piping_look_at_ends(struct piping *p)
{
	for (int last = 0; last < 2; last++) {
		const struct stage_spec *spec = spec_of(p->opts, last != 0);
		struct piping_end *e = last ? &p->sink : &p->source;
		struct err err = look(e, spec, last != 0);
		if (!err_failed(err))
			continue;
		piping_tell(p, e->end.name, err, NULL);
		return false;
	}
	return true;
}

/* Open the source file NAME; a FIFO is waited for until somebody writes it. */
static struct err
open_source(const char *name, const struct cancel *cancel, int *fd)
{
	struct fd_facts facts;

	TRY(dir_open_file(AT_FDCWD, name, true, fd));
	TRY(fd_facts(*fd, &facts));
	if (facts.kind == FD_PIPE && !fd_wait(*fd, false, cancel_fd(cancel)))
		return err_make(ECANCELED, OP_OPEN, SIDE_SRC, -1);
	/* what reads it may be a command, which knows nothing of non-blocking descriptors */
	return fd_set_blocking(*fd);
}

/* Get the connection that SPEC names. */
static struct err
open_socket(struct piping *p, struct piping_end *e, const struct stage_spec *spec, const char **why)
{
	struct err err = spec->kind == END_CONNECT
			     ? end_connect(spec->name, p->cancel, &e->end.fd, why)
			     : end_listen(spec->name, p->cancel, &e->end.fd, why);

	if (err_failed(err))
		e->end.fd = -1;
	if (e != &p->sink) {
		err.side = SIDE_SRC;
		return err;
	}
	err.side = SIDE_DST;
	e->peer = e->end.fd;
	e->end.owned = false;
	return err;
}

enum {
	FIFO_RETRY_MS = 50 /* arbitrary; to be seen within 200 ms, and no spin */
};

/* Open the file NAME to be written.  A FIFO is waited for until somebody reads it: the kernel can do
 * that only where nothing else can be waited for. */
static struct err
open_sink(struct piping *p, struct piping_end *e, const char *name)
{
	for (;;) {
		struct err err = outfile_begin(&e->file, name);
		if (err.code != ENXIO || e->end.kind != WANT_FD)
			TRY(err);
		if (!err_failed(err))
			break;
		(void)proc_wait(-1, cancel_fd(p->cancel), FIFO_RETRY_MS);
		TRY(cancel_check(p->cancel));
	}
	/* the pipeline borrows it: it is published, checked, when all has gone well */
	e->end.fd = e->file.fd;
	e->end.owned = false;
	/* what writes it may be a command, which knows nothing of non-blocking descriptors */
	return e->file.commits ? ERR_OK : fd_set_blocking(e->end.fd);
}

static struct err
open_end(struct piping *p, struct piping_end *e, const struct stage_spec *spec, const char **why)
{
	bool writes = e == &p->sink;

	if (spec == NULL)
		return ERR_OK;
	switch (spec->kind) {
	case END_CONNECT:
	case END_LISTEN:
		return open_socket(p, e, spec, why);
	case END_FILE:
		if (!writes)
			return open_source(spec->name, p->cancel, &e->end.fd);
		return open_sink(p, e, spec->name);
	default:
		return ERR_OK;
	}
}

static bool
may_wait(const struct piping_end *e, const struct stage_spec *spec)
{
	return spec != NULL && (spec->kind == END_CONNECT || spec->kind == END_LISTEN ||
				   (spec->kind == END_FILE && e->end.kind != WANT_FILE));
}

bool
piping_open_waits(const struct piping *p)
{
	return may_wait(&p->source, spec_of(p->opts, false)) ||
	       may_wait(&p->sink, spec_of(p->opts, true));
}

bool
piping_open(struct piping *p)
{
	const char *name = NULL;
	const char *why = NULL;
	struct err err = ERR_OK;

	for (size_t i = 0; !err_failed(err) && i < p->n; i++) {
		struct piping_stage *s = &p->stages[i];
		name = s->spec->name;
		if (s->spec->kind == STAGE_TEE)
			err = outfile_begin(&s->file, name);
	}
	for (int last = 0; !err_failed(err) && last < 2; last++) {
		const struct stage_spec *spec = spec_of(p->opts, last != 0);
		name = spec != NULL ? spec->name : NULL;
		err = open_end(p, last ? &p->sink : &p->source, spec, &why);
	}
	if (err_class(err) == ERR_CLASS_CANCELED && p->expired)
		err.code = ETIMEDOUT;
	if (err_failed(err) && err_class(err) != ERR_CLASS_CANCELED)
		piping_tell(p, name, err, why);
	return !err_failed(err);
}
