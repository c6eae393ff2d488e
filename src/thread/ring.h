/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded ring of bytes between two threads, without a copy: what one fills, the other looks at. */
#ifndef DECANT_RING_H
#define DECANT_RING_H

#include "base/err.h"
#include "thread/cancel.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	RING_SIZE = 1 << 20 /* bytes; STAGES.md 2.8 */
};

/*
 * A ring with one writer and one reader, each a thread of its own.  Its memory is mapped twice, back to
 * back, so that what is lent is always contiguous.
 */
struct ring;

/* Make a ring of RING_SIZE bytes; waits end with C, borrowed.  NULL = out of memory. */
[[nodiscard]] struct ring *ring_new(const struct cancel *c);
/* Free R, which nobody uses.  NULL is fine. */
void ring_free(struct ring *r);

/* Lend the writer room for at least MIN bytes, at most half of the ring: *ROOM bytes at *BYTES.
 * Blocks.  Fails with WRITE: EPIPE when the reader has closed; or ECANCELED. */
struct err ring_reserve(struct ring *r, size_t min, void **bytes, size_t *room);
/* The writer has filled N of them. */
void ring_commit(struct ring *r, size_t n);
/* The writer writes no more.  Idempotent. */
void ring_close_writer(struct ring *r);

/* Show the reader at least MIN bytes, at most half of the ring, fewer only at the end: *N bytes at
 * *BYTES, the reader's own until it takes them.  Blocks unless ring_has() says otherwise.
 * Fails with ECANCELED, or EPIPE once ring_hang_up() was called. */
struct err ring_peek(struct ring *r, size_t min, const void **bytes, size_t *n);
/* The reader is done with N of them. */
void ring_take(struct ring *r, size_t n);
/* True when ring_peek() for MIN bytes would not block. */
bool ring_has(const struct ring *r, size_t min);
/* The reader reads no more.  Idempotent. */
void ring_close_reader(struct ring *r);
/* Nobody wants what the reader makes of R any more: it is not to sleep for more.  Any thread. */
void ring_hang_up(struct ring *r);
/* Wake both sides, so that they see their cancellation.  Any thread. */
void ring_wake(struct ring *r);

#endif
