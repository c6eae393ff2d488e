/* SPDX-License-Identifier: BSD-2-Clause */
/* The least of streams and stages that taps need: blocking, unbuffered, not canceled. */
#ifndef DECANT_TESTS_TAP_DOUBLES_H
#define DECANT_TESTS_TAP_DOUBLES_H

#include "pipe/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void
out_init(struct out *out, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel)
{
	*out = (struct out){ .fd = fd, .owned = owned, .bufs = bufs, .cancel = cancel };
}

struct err
out_write(struct out *out, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t put = write(out->fd, at, n);
		if (put < 0)
			return err_make(errno, OP_WRITE, SIDE_DST, -1);
		at += put;
		n -= (size_t)put;
	}
	return ERR_OK;
}

struct err
out_flush(struct out *out)
{
	(void)out;
	return ERR_OK;
}

struct err
out_close(struct out *out)
{
	(void)out;
	return ERR_OK;
}

void
in_init(struct in *in, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel)
{
	*in = (struct in){ .fd = fd, .owned = owned, .bufs = bufs, .cancel = cancel };
}

struct err
in_peek(struct in *in, size_t min, const void **bytes, size_t *n)
{
	(void)min;
	if (in->block == NULL)
		in->block = malloc(STREAM_BLOCK);
	if (in->at == in->end) {
		ssize_t got = read(in->fd, in->block, STREAM_BLOCK);
		if (got < 0)
			return err_make(errno, OP_READ, SIDE_SRC, -1);
		in->at = 0;
		in->end = (size_t)got;
	}
	*bytes = in->block + in->at;
	*n = in->end - in->at;
	return ERR_OK;
}

void
in_take(struct in *in, size_t n)
{
	in->at += n;
}

struct err
in_close(struct in *in)
{
	free(in->block);
	in->block = NULL;
	return ERR_OK;
}

bool
err_is_broken_pipe(struct err e)
{
	return e.code == EPIPE;
}

void
stage_free(struct stage *s)
{
	if (s != NULL)
		s->ops->free(s);
}

void
stage_stop_nothing(struct stage *s, enum stop_why why)
{
	(void)s;
	(void)why;
}

pid_t
stage_no_leader(const struct stage *s)
{
	(void)s;
	return 0;
}

struct err
stage_start_tap(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	(void)run;
	(void)in;
	(void)out;
	s->started = true;
	s->ended = true;
	return ERR_OK;
}

#endif
