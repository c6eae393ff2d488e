/* SPDX-License-Identifier: BSD-2-Clause */
/* The reading end of a joint. */
#include "base/own.h"
#include "pipe/stream.h"
#include "pipe/taps.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "thread/bufs.h"
#include "thread/ring.h"

#include <errno.h>
#include <string.h>

void
in_init(struct in *in, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel)
{
	*in = (struct in){
		.fd = fd,
		.owned = owned,
		.kind = fd >= 0 ? fd_kind_of(fd) : FD_FILE,
		.bufs = bufs,
		.cancel = cancel,
	};
}

/* Reading it may take long: one waits before it. */
static bool
polls(const struct in *in)
{
	return in->fd >= 0 && fd_kind_polls(in->kind);
}

static bool
has_gathered(const struct out *companion)
{
	return companion != NULL && companion->end > 0;
}

/* We are about to sleep: what the stage wrote so far must not wait for what it reads next. */
static struct err
flush_companion(const struct in *in)
{
	return has_gathered(in->companion) ? out_flush(in->companion) : ERR_OK;
}

/* Where we learn that nobody reads the companion, so that waiting for more input is in vain. */
static struct fd_hangup
hangup_of(const struct out *companion)
{
	if (companion != NULL && companion->ring != NULL)
		return (struct fd_hangup){ .fd = companion->hangup, .event = true };
	bool tells = companion != NULL && companion->fd >= 0 && fd_kind_polls(companion->kind);
	return (struct fd_hangup){ .fd = tells ? companion->fd : -1 };
}

static struct err
wait_readable(const struct in *in)
{
	if (has_gathered(in->companion) && !fd_is_readable(in->fd))
		TRY(flush_companion(in));
	switch (fd_wait_input(in->fd, cancel_fd(in->cancel), hangup_of(in->companion))) {
	case FD_CANCELED:
		return err_make(ECANCELED, OP_READ, SIDE_SRC, -1);
	case FD_HUNG_UP:
		return err_make(EPIPE, OP_WRITE, SIDE_DST, -1);
	case FD_READY:
		break;
	}
	return ERR_OK;
}

/* Have a block, with as much room behind what it holds as there can be. */
static struct err
make_room(struct in *in)
{
	if (in->block == NULL) {
		void *block;
		BUG_ON(bufs_size(in->bufs) < STREAM_BLOCK);
		TRY(bufs_borrow(in->bufs, in->cancel, &block));
		in->block = block;
	}
	if (in->at > 0) {
		memmove(in->block, in->block + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
	return ERR_OK;
}

/* Read what comes next, behind what the block holds. */
static struct err
read_more(struct in *in, size_t *got)
{
	struct err e;

	do {
		TRY(cancel_check(in->cancel));
		if (polls(in))
			TRY(wait_readable(in));
		e = fd_read_ready((struct fd_known){ in->fd, in->kind }, in->block + in->end,
		    STREAM_BLOCK - in->end, got);
	} while (e.code == EAGAIN && polls(in)); /* another reader of it was quicker */
	return e;
}

static struct err
fill_block(struct in *in, size_t min)
{
	while (in->end - in->at < min && !in->ended) {
		size_t got = 0;
		if (in->fd >= 0) {
			TRY(make_room(in));
			TRY(read_more(in, &got));
		}
		if (got == 0) {
			in->ended = true;
			break;
		}
		struct span s = { .bytes = in->block + in->end, .len = got };
		TRY(taps_feed(in->taps, &s));
		if (s.bytes != in->block + in->end)
			memmove(in->block + in->end, s.bytes, s.len);
		in->end += s.len;
		in->ended = s.enough;
	}
	return ERR_OK;
}

/* Show the taps what stands in the N bytes at BYTES of the ring behind what has passed them. */
static struct err
show_ring(struct in *in, char *bytes, size_t n)
{
	struct span s = { .bytes = bytes + in->end, .len = n - in->end };

	TRY(taps_feed(in->taps, &s));
	/* What passed moves to the end of what was shown, so that the rest can be taken at once. */
	if (s.len < n - in->end) {
		char *to = bytes + n - s.len;
		memmove(to, s.bytes, s.len);
		memmove(to - in->end, bytes, in->end);
		ring_take(in->ring, n - s.len - in->end);
	}
	in->end += s.len;
	in->ended = s.enough;
	return ERR_OK;
}

/* Have MIN bytes of the ring past the taps. */
static struct err
fill_from_ring(struct in *in, size_t min)
{
	while (in->end < min && !in->ended) {
		const void *bytes;
		size_t n;
		size_t more = in->end + 1;

		if (!ring_has(in->ring, more))
			TRY(flush_companion(in));
		TRY(ring_peek(in->ring, more, &bytes, &n));
		if (n < more) {
			in->ended = true;
			break;
		}
		/* No more at once than stays in the cache while each tap looks at it. */
		if (n - in->end > STREAM_BLOCK)
			n = in->end + STREAM_BLOCK;
		TRY(show_ring(in, (char *)bytes, n)); /* not const: they are the reader's now */
	}
	return ERR_OK;
}

/* in_peek() of a ring without taps: what is there, as it is. */
static struct err
peek_ring(struct in *in, size_t min, const void **bytes, size_t *n)
{
	if (!ring_has(in->ring, min))
		TRY(flush_companion(in));
	TRY(ring_peek(in->ring, min, bytes, n));
	if (*n < min)
		in->ended = true;
	return ERR_OK;
}

static struct err
peek(struct in *in, size_t min, const void **bytes, size_t *n)
{
	if (in->ring != NULL)
		TRY(cancel_check(in->cancel));
	if (in->ring != NULL && in->taps == NULL)
		return peek_ring(in, min, bytes, n);
	if (in->ring != NULL) {
		TRY(fill_from_ring(in, min));
		TRY(ring_peek(in->ring, 0, bytes, n));
		*n = in->end;
		return ERR_OK;
	}
	TRY(fill_block(in, min));
	*n = in->end - in->at;
	*bytes = *n > 0 ? in->block + in->at : "";
	return ERR_OK;
}

struct err
in_peek(struct in *in, size_t min, const void **bytes, size_t *n)
{
	BUG_ON(min == 0 || min > STREAM_BLOCK || in->closed);
	if (!err_failed(in->failed))
		in->failed = peek(in, min, bytes, n);
	return in->failed;
}

void
in_take(struct in *in, size_t n)
{
	if (in->ring == NULL) {
		BUG_ON(n > in->end - in->at);
		in->at += n;
		return;
	}
	if (in->taps != NULL) {
		BUG_ON(n > in->end);
		in->end -= n;
	}
	ring_take(in->ring, n);
}

int
in_fd(const struct in *in)
{
	bool bare = in->ring == NULL && in->taps == NULL && in->at == in->end && !in->closed;

	return bare ? in->fd : -1;
}

struct err
in_close(struct in *in)
{
	if (in == NULL)
		return ERR_OK;
	if (in->closed)
		return in->result;
	in->closed = true;
	in->result = taps_end(in->taps, in->ended && !err_failed(in->failed));
	if (in->block != NULL)
		bufs_return(in->bufs, in->block);
	in->block = NULL;
	if (in->ring != NULL)
		ring_close_reader(in->ring);
	if (in->owned) {
		struct err e = file_close(&in->fd, SIDE_SRC);
		if (!err_failed(in->result))
			in->result = e;
	}
	return in->result;
}
