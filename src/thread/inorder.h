/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces that many threads work on, and that come out in the order in which they went in:
 *
 *     put --> [ piece | piece | piece | ... ] --> take
 *                 threads work on them
 *
 * One thread, the owner, puts and takes; so it alone decides how many are under way.
 */
#ifndef DECANT_INORDER_H
#define DECANT_INORDER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* The threads and the pieces under way; one mutex inside. */
struct inorder;

/* Who works: thread NUMBER (0-based) on PIECE. */
struct inorder_work {
	void (*work)(void *arg, void *piece, unsigned number);
	void *arg; /* of WORK */
};

/* Make one for at most N pieces under way, with room for THREADS threads.  WORK is copied.
 * NULL = out of memory. */
[[nodiscard]] struct inorder *inorder_new(
    size_t n, unsigned threads, const struct inorder_work *work);
/* Start the threads, called NAME.  Fails with THREAD when not even one could be started. */
struct err inorder_start(struct inorder *o, const char *name);
/* Put PIECE, borrowed until it is taken; fewer than N are under way. */
void inorder_put(struct inorder *o, void *piece);
/* The oldest piece, once it is worked on; NULL = none is under way.  Blocks for as long as the work takes. */
void *inorder_take(struct inorder *o);
/* True when inorder_take() would not block. */
bool inorder_has(struct inorder *o);
/* Number of pieces under way. */
size_t inorder_count(const struct inorder *o);
/* Join the threads, without waiting for pieces that nobody works on, and free O.  NULL is fine. */
void inorder_free(struct inorder *o);

#endif
