/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that many workers make in any order, given back in the order of their keys. */
#ifndef DECANT_COLLATE_H
#define DECANT_COLLATE_H

#include "base/err.h"

/*
 * Each worker has a lane: a buffer that is sorted when it is full and then written as a run to one
 * nameless file, which all lanes share.  At the end the runs and what is still in the lanes are merged.
 * Memory is bounded by the lanes and a little for each run, however many records there are.
 */
struct collate;

/* One record; borrowed while it is given back. */
struct record {
	const char
	    *key; /* any bytes; keys are in the order of memcmp(), a beginning before the whole */
	size_t key_len;   /* bytes of it */
	const char *body; /* any bytes; of records with one key, their order is the bodies' */
	size_t body_len;  /* bytes of it */
};

/* Take one record back; a failure ends it all. */
typedef struct err collate_take(void *taker, const struct record *r);

/* Make one with LANES lanes that hold LANE_SIZE bytes each.  NULL = out of memory. */
[[nodiscard]] struct collate *collate_new(unsigned lanes, size_t lane_size);
/* Free C.  NULL is fine. */
void collate_free(struct collate *c);
/*
 * Add R, at most 4 GiB, from lane LANE.  One thread for each lane.  Blocks when a run is written.
 * Fails with MEMORY, or as making and writing a file in the directory for temporary files does.
 */
struct err collate_add(struct collate *c, unsigned lane, const struct record *r);
/* Sort what is in lane LANE: whoever fills it adds nothing more, and need not leave that to
 * collate_each(), which sorts one lane after the other.  As collate_add(), but has no failure: that comes then. */
void collate_sort(struct collate *c, unsigned lane);
/* Give all records to TAKE, in order.  No lane is being added to.  Fails as TAKE, reading and memory do. */
struct err collate_each(struct collate *c, collate_take *take, void *taker);

#endif
