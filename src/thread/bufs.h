/* SPDX-License-Identifier: BSD-2-Clause */
/* A fixed number of aligned buffers: the ceiling of what a run holds in memory. */
#ifndef DECANT_BUFS_H
#define DECANT_BUFS_H

#include "base/err.h"
#include "thread/cancel.h"

/* The pool; one mutex inside. */
struct bufs;

enum {
	BUFS_ALIGN = 4096 /* page size; also what O_DIRECT wants on every common device */
};

/* Make COUNT buffers of SIZE bytes, COUNT * SIZE is the ceiling; no more is ever allocated.  Pages
 * are touched only when a buffer is used.  NULL = out of memory. */
[[nodiscard]] struct bufs *bufs_new(size_t count, size_t size);
/* Free B; every buffer is back.  NULL is fine. */
void bufs_free(struct bufs *b);
/* Borrow a buffer of bufs_size() bytes; blocks until one is back.  ECANCELED once C is requested
 * and none is free.  Any thread. */
struct err bufs_borrow(struct bufs *b, const struct cancel *c, void **buf);
/* Give BUF back.  Any thread. */
void bufs_return(struct bufs *b, void *buf);
/* Bytes in each buffer. */
size_t bufs_size(const struct bufs *b);
/* Wake all who wait in bufs_borrow(), so that they see their cancellation.  Any thread. */
void bufs_wake(struct bufs *b);

#endif
