/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tree read ahead in bounded memory: batches of entries are listed in their order, prepared by many workers
 * in any order, and taken in their order again.
 *
 *     walk ---> [ batch | batch | batch | ... ] ---> writer
 *                  workers prepare
 *
 * A worker lists a batch, while the others may not, and prepares it, while another lists the next one.
 * The batches are a ring, and what an entry needs ahead of its turn is its batch's own: so whoever holds
 * something is at most a ring's length ahead, and nobody waits for a later one.
 */
#ifndef DECANT_AHEAD_H
#define DECANT_AHEAD_H

#include "run/packitem.h"

/* The ring; one mutex inside. */
struct ahead;

/* What a walk found. */
enum ahead_listed {
	LISTED_ITEM,    /* an entry */
	LISTED_NOTHING, /* nothing yet: ask again */
	LISTED_END,     /* there are no more */
};

/* Who lists and who prepares; called by one worker at a time, and by several. */
struct ahead_ops {
	/* Put the next entry into ITEM. */
	enum ahead_listed (*list)(void *arg, struct worker *w, struct pack_item *item);
	/* True when list() would wait for somebody else: the batch then goes as it is. */
	bool (*would_wait)(void *arg);
	/* Prepare B. */
	void (*prepare)(void *arg, struct worker *w, struct pack_batch *b);
	void *arg; /* of all three */
};

/* Make a ring of N batches.  OPS is borrowed.  NULL = out of memory. */
[[nodiscard]] struct ahead *ahead_new(size_t n, const struct ahead_ops *ops);
/* Free A, with W dropping what was never taken.  NULL is fine. */
void ahead_free(struct ahead *a, struct worker *w);
/* List and prepare until there is no more to do, or ahead_stop().  A worker. */
void ahead_work(struct ahead *a, struct worker *w);
/* The next batch in its order, prepared, never empty; NULL at the end, or after ahead_stop().  Blocks.
 * The writer. */
struct pack_batch *ahead_next(struct ahead *a);
/* The writer is done with the batch of the last ahead_next(); W drops it. */
void ahead_done(struct ahead *a, struct worker *w);
/* No more is wanted.  Any thread. */
void ahead_stop(struct ahead *a);

#endif
