/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ends of a joint, as a stage sees them: bytes in, bytes out, whatever is between.
 *
 * An in or out stands on one of: a descriptor (owned or borrowed), a ring, or nothing (an empty
 * input, a discarded output).  A joint makes both; each goes to a stage, which closes it.  Closing
 * is idempotent, accepts NULL, and keeps its first result.
 *
 * Taps that were fused into a stream see every block in passing: those of an out just before it
 * leaves, those of an in just after it came.
 *
 * Reads and writes are canceled with the run: they wait for the descriptor and for the cancellation
 * together, and never block in read(2) or write(2) on a pipe or socket.  A stream that has failed is
 * broken: all later calls fail alike.
 */
#ifndef DECANT_STREAM_H
#define DECANT_STREAM_H

#include "base/err.h"
#include "sys/pipe.h"
#include "thread/cancel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;
struct taps;
struct bufs;

enum {
	/* What a stream over a descriptor gathers before it writes, and reads at once: 64 KiB, the
	 * default size of a pipe (pipe(7)). */
	STREAM_BLOCK = 64 << 10,
};

/* The reading end of a joint.  Fields are for stream.c, in.c and who makes joints. */
struct in {
	int fd;                      /* descriptor, -1 = none */
	bool owned;                  /* closing closes FD; else it is borrowed */
	enum fd_kind kind;           /* what FD is open on, looked at once */
	struct ring *ring;           /* ring, or NULL; its reading side is ours */
	struct taps *taps;           /* shown each block that comes; borrowed, NULL = none */
	const struct cancel *cancel; /* borrowed */
	struct out *companion; /* output of the same stage: flushed before we sleep, and a wait ends
	                        * with EPIPE once nobody reads it; or NULL */
	struct bufs *bufs;     /* where BLOCK comes from, borrowed */
	char *block;           /* STREAM_BLOCK bytes of BUFS, borrowed at the first read; or NULL */
	size_t at;             /* first byte of BLOCK that was not taken; 0 with a ring */
	size_t end;            /* end of what is in BLOCK; of what passed the taps of a ring */
	bool ended;            /* the input has ended, or a tap has had enough */
	struct err failed;     /* the first failure: of the descriptor, ring, tap or companion */
	bool closed;           /* in_close() was called */
	struct err result;     /* of the first close */
};

/* The writing end of a joint. */
struct out {
	int fd;                      /* descriptor, -1 = none */
	bool owned;                  /* closing closes FD; else it is borrowed */
	enum fd_kind kind;           /* what FD is open on, looked at once */
	struct ring *ring;           /* ring, or NULL; its writing side is ours */
	struct taps *taps;           /* shown each block that leaves; borrowed, NULL = none */
	int hangup;                  /* readable once nobody reads RING; borrowed, -1 = none */
	const struct cancel *cancel; /* borrowed */
	struct bufs *bufs;           /* where BLOCK comes from, borrowed */
	char *block;       /* STREAM_BLOCK bytes of BUFS, borrowed at the first write; or NULL */
	size_t end;        /* bytes in BLOCK that were not written */
	int64_t bytes;     /* bytes that left, after the taps */
	bool cut_short;    /* for the producer to set before it closes: this is not all */
	struct err failed; /* the first failure: of the descriptor, ring or tap */
	bool closed;       /* out_close() was called */
	struct err result; /* of the first close */
};

/* An input of descriptor FD, or, with FD -1 and no RING, an empty one.  Never fails. */
void in_init(struct in *in, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel);
/* An output to descriptor FD, or, with FD -1 and no RING, one that discards.  Never fails. */
void out_init(struct out *out, int fd, bool owned, struct bufs *bufs, const struct cancel *cancel);

/*
 * Look at the next bytes: *N of them at *BYTES, at least MIN (1 to STREAM_BLOCK) unless the input
 * ends; 0 is the end.  They stay until in_take() or the next in_peek().
 * Nothing ready: the companion is flushed first.  Blocks; one thread.
 * Fails with READ, ECANCELED, or what the companion failed with.
 */
struct err in_peek(struct in *in, size_t min, const void **bytes, size_t *n);
/* Take N of the bytes that in_peek() showed. */
void in_take(struct in *in, size_t n);
/* The descriptor, with nothing read ahead of it, or -1: for who can do without our blocks; -1 also
 * when taps want to see the bytes. */
int in_fd(const struct in *in);
/* Close it: the producer is told that nobody reads, the taps that the stream has ended.  Checked only
 * for taps and for what was owned; NULL = ok. */
struct err in_close(struct in *in);

/*
 * Lend room for at least MIN (1 to STREAM_BLOCK) bytes: *ROOM bytes at *BYTES.  out_commit() then
 * says how many were filled.  Blocks; one thread.
 * Fails with EPIPE (nobody reads), WRITE, ECANCELED, or what a tap failed with.
 */
struct err out_reserve(struct out *out, size_t min, void **bytes, size_t *room);
/* N bytes of what out_reserve() lent are filled; fails likewise. */
struct err out_commit(struct out *out, size_t n);
/* Write the N bytes; small writes to a descriptor are gathered.  Once a tap has had enough, the rest
 * is left out, and the next write fails with EPIPE.  Fails likewise. */
struct err out_write(struct out *out, const void *bytes, size_t n);
/* Write what was gathered.  Fails likewise. */
struct err out_flush(struct out *out);
/* The descriptor, with nothing gathered before it, or -1: for who can do without our blocks; -1 also
 * when taps want to see the bytes. */
int out_fd(const struct out *out);
/* Flush and close: the consumer sees the end.  Fails likewise, or with CLOSE.  NULL = ok. */
struct err out_close(struct out *out);

/* True when E says that nobody reads what was written: EPIPE. */
bool err_is_broken_pipe(struct err e);

#endif
