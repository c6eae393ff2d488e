/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipe that is always read, and a buffer of the last that came. */
#include "pipe/tail.h"

#include "sys/pipe.h"
#include "sys/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct err
tail_start(struct tail *t, struct loop *l, size_t kept, const struct watcher *w, int *fd)
{
	*t = TAIL_INIT;
	t->watcher.ready = w->ready;
	t->watcher.arg = w->arg;
	t->kept = kept;
	TRY(pipe_make(&t->watcher.fd, fd, 0));
	struct err err = fd_set_nonblocking(t->watcher.fd);
	if (!err_failed(err))
		err = loop_add(l, &t->watcher);
	if (err_failed(err)) {
		proc_close(&t->watcher.fd);
		proc_close(fd);
	}
	t->open = !err_failed(err);
	return err;
}

/* Forget what is older than what is kept. */
static void
trim(struct tail *t)
{
	if (t->len > t->kept) {
		memmove(t->buf, t->buf + (t->len - t->kept), t->kept);
		t->len = t->kept;
	}
}

/* Make room for as much as is kept; false = out of memory. */
static bool
make_room(struct tail *t)
{
	if (t->buf == NULL)
		t->buf = malloc(2 * t->kept + 1);
	if (t->buf == NULL)
		return false;
	trim(t);
	return true;
}

static struct fd_known
stderr_of(const struct tail *t)
{
	return (struct fd_known){ t->watcher.fd, FD_PIPE };
}

void
tail_read(struct tail *t, struct loop *l)
{
	char spare[512]; /* arbitrary: for what is lost when there is no memory */
	size_t got = 1;

	/* So much and no more at once: who writes without pause must not keep the loop for himself. */
	for (size_t sum = 0; t->open && sum < t->kept; sum += got) {
		bool kept = make_room(t);
		struct err err =
		    kept ? fd_read_ready(stderr_of(t), t->buf + t->len, 2 * t->kept - t->len, &got)
			 : fd_read_ready(stderr_of(t), spare, sizeof spare, &got);
		if (err.code == EAGAIN)
			return;
		if (err_failed(err) || got == 0) {
			tail_stop(t, l);
			return;
		}
		if (kept)
			t->len += got;
	}
}

void
tail_stop(struct tail *t, struct loop *l)
{
	loop_remove(l, &t->watcher);
	proc_close(&t->watcher.fd);
	t->open = false;
}

const char *
tail_text(struct tail *t)
{
	if (t->len == 0 || t->buf == NULL)
		return NULL;
	trim(t);
	for (size_t i = 0; i < t->len; i++)
		if (t->buf[i] == '\0')
			t->buf[i] = '?';
	t->buf[t->len] = '\0';
	return t->buf;
}

void
tail_release(struct tail *t)
{
	free(t->buf);
	t->buf = NULL;
	t->len = 0;
}
