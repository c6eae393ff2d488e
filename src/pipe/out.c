/* SPDX-License-Identifier: BSD-2-Clause */
/* The writing end of a joint. */
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
out_init(struct out *out, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel)
{
	*out = (struct out){
		.fd = fd,
		.owned = owned,
		.kind = fd >= 0 ? fd_kind_of(fd) : FD_FILE,
		.bufs = bufs,
		.cancel = cancel,
	};
}

/* Writing it may take long: one waits before it. */
static bool
polls(const struct out *out)
{
	return out->fd >= 0 && fd_kind_polls(out->kind);
}

static bool
has_enough(const struct out *out)
{
	return out->taps != NULL && out->taps->enough;
}

/* Fails when nothing can be written any more. */
static struct err
check_open(const struct out *out)
{
	BUG_ON(out->closed);
	TRY(out->failed);
	return has_enough(out) ? err_make(EPIPE, OP_WRITE, SIDE_DST, -1) : ERR_OK;
}

/* Keep E, the outcome of a write: after a failure bytes are missing, and none may follow them. */
static struct err
keep(struct out *out, struct err e)
{
	out->failed = e;
	return e;
}

static struct err
write_fd(struct out *out, const char *bytes, size_t n)
{
	while (n > 0) {
		size_t put;

		TRY(cancel_check(out->cancel));
		if (polls(out) && !fd_wait(out->fd, true, cancel_fd(out->cancel)))
			return err_make(ECANCELED, OP_WRITE, SIDE_DST, -1);
		struct err e =
		    fd_write_ready((struct fd_known){ out->fd, out->kind }, bytes, n, &put);
		if (e.code == EAGAIN && polls(out))
			continue; /* another writer of it was quicker */
		TRY(e);
		bytes += put;
		n -= put;
		out->bytes += (int64_t)put;
	}
	return ERR_OK;
}

/* Let N bytes leave, past the taps. */
static struct err
leave(struct out *out, const char *bytes, size_t n)
{
	struct span s = { .bytes = bytes, .len = n };

	TRY(cancel_check(out->cancel));
	TRY(taps_feed(out->taps, &s));
	if (out->fd >= 0)
		return write_fd(out, s.bytes, s.len);
	out->bytes += (int64_t)s.len;
	return ERR_OK;
}

static struct err
flush_block(struct out *out)
{
	size_t n = out->end;

	out->end = 0;
	return n > 0 ? leave(out, out->block, n) : ERR_OK;
}

static struct err
have_block(struct out *out)
{
	void *block;

	if (out->block != NULL)
		return ERR_OK;
	BUG_ON(bufs_size(out->bufs) < STREAM_BLOCK);
	TRY(bufs_borrow(out->bufs, out->cancel, &block));
	out->block = block;
	return ERR_OK;
}

/* Have room for MIN bytes in the block. */
static struct err
make_room(struct out *out, size_t min)
{
	TRY(have_block(out));
	return STREAM_BLOCK - out->end < min ? flush_block(out) : ERR_OK;
}

static struct err
commit_block(struct out *out, size_t n)
{
	BUG_ON(n > STREAM_BLOCK - out->end);
	out->end += n;
	return out->end == STREAM_BLOCK ? flush_block(out) : ERR_OK;
}

/* N bytes stand where ring_reserve() said: they go past the taps and to the reader. */
static struct err
commit_ring(struct out *out, size_t n)
{
	void *bytes;
	size_t room;

	if (n == 0)
		return ERR_OK;
	TRY(cancel_check(out->cancel));
	TRY(ring_reserve(out->ring, 1, &bytes, &room));
	BUG_ON(n > room);
	struct span s = { .bytes = bytes, .len = n };
	TRY(taps_feed(out->taps, &s));
	if (s.bytes != bytes)
		memmove(bytes, s.bytes, s.len);
	ring_commit(out->ring, s.len);
	out->bytes += (int64_t)s.len;
	return ERR_OK;
}

struct err
out_reserve(struct out *out, size_t min, void **bytes, size_t *room)
{
	BUG_ON(min == 0 || min > STREAM_BLOCK);
	TRY(check_open(out));
	if (out->ring != NULL)
		return keep(out, ring_reserve(out->ring, min, bytes, room));
	TRY(keep(out, make_room(out, min)));
	TRY(check_open(out)); /* a tap may have had enough meanwhile */
	*bytes = out->block + out->end;
	*room = STREAM_BLOCK - out->end;
	return ERR_OK;
}

struct err
out_commit(struct out *out, size_t n)
{
	TRY(check_open(out));
	return keep(out, out->ring != NULL ? commit_ring(out, n) : commit_block(out, n));
}

static struct err
write_ring(struct out *out, const char *bytes, size_t n)
{
	while (n > 0 && !has_enough(out)) {
		void *to;
		size_t room;

		TRY(ring_reserve(out->ring, 1, &to, &room));
		size_t part = n < room ? n : room;
		memcpy(to, bytes, part);
		TRY(commit_ring(out, part));
		bytes += part;
		n -= part;
	}
	return ERR_OK;
}

static struct err
write_block(struct out *out, const char *bytes, size_t n)
{
	if (n >= STREAM_BLOCK) {
		TRY(flush_block(out));
		return has_enough(out) ? ERR_OK : leave(out, bytes, n);
	}
	while (n > 0 && !has_enough(out)) {
		size_t room = STREAM_BLOCK - out->end;
		size_t part = n < room ? n : room;

		TRY(have_block(out));
		memcpy(out->block + out->end, bytes, part);
		TRY(commit_block(out, part));
		bytes += part;
		n -= part;
	}
	return ERR_OK;
}

struct err
out_write(struct out *out, const void *bytes, size_t n)
{
	TRY(check_open(out));
	return keep(
	    out, out->ring != NULL ? write_ring(out, bytes, n) : write_block(out, bytes, n));
}

struct err
out_flush(struct out *out)
{
	BUG_ON(out->closed);
	TRY(out->failed);
	return keep(out, flush_block(out));
}

int
out_fd(const struct out *out)
{
	bool bare = out->ring == NULL && out->taps == NULL && out->end == 0 && !out->closed;

	return bare ? out->fd : -1;
}

struct err
out_close(struct out *out)
{
	if (out == NULL)
		return ERR_OK;
	if (out->closed)
		return out->result;
	struct err flushed = out_flush(out);
	out->closed = true;
	struct err told = taps_end(out->taps, !err_failed(flushed) && !out->cut_short);
	if (out->block != NULL)
		bufs_return(out->bufs, out->block);
	out->block = NULL;
	if (out->ring != NULL)
		ring_close_writer(out->ring);
	struct err closed = out->owned ? file_close(&out->fd, SIDE_DST) : ERR_OK;
	out->result = err_failed(flushed) ? flushed : err_failed(told) ? told : closed;
	return out->result;
}

bool
err_is_broken_pipe(struct err e)
{
	return e.code == EPIPE;
}
