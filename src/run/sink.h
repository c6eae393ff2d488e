/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a walk's entries go: what a verb does with what the directory jobs meet. */
#ifndef DECANT_SINK_H
#define DECANT_SINK_H

#include "run/run.h"

/* A sink; every slot is filled.  Called by workers, several at once, but for one directory by one at a time
 * unless said. */
struct sink {
	/* Open or make directory N's destination as *DST, -1 = there is none, and set N->dst and what else
	 * is known of it; N's parent is held.  On failure nothing below N is met; ECANCELED was told. */
	struct err (*enter)(struct worker *w, struct node *n, const struct entry *e, int *dst);
	/* N, which is E, has been entered and is held. */
	void (*entered)(struct worker *w, const struct node *n, const struct entry *e);
	/* N, which is held, is about to be listed for the first time: read N->sides if the entries are to meet
	 * what is there.  Failures are told here. */
	void (*list)(struct worker *w, struct node *n);
	/* Carry out E, which is no directory; its node is held.  Tells what comes of it.  Several workers
	 * at once, for entries that were handed over. */
	void (*carry)(struct worker *w, const struct entry *e);
	/* Carry out E, a regular file with attributes ST, if that takes no time whatever its size; false, and
	 * nothing was told, if it does: then it is to be carried.  Main thread. */
	bool (*carry_at_once)(struct worker *w, const struct entry *e, const struct stat *st);
	/* All of N's entries have been met, not all of them carried; N is held.  What N->sides have and
	 * did not meet are extras, unless N->partial. */
	void (*listed)(struct worker *w, struct node *n);
	/* Finish N: nothing below it is outstanding, and it is held.  WORKER is a struct worker. */
	node_finish *finish;
};

extern const struct sink sink_directory; /* a directory tree: copy */
extern const struct sink sink_mirror;    /* a directory tree that is compared first: sync */
extern const struct sink sink_digests;   /* no destination: hash */
extern const struct sink sink_several;   /* several of them: copy --to */

/* The slot enter of a sink that has no directory. */
struct err sink_enter_nothing(struct worker *w, struct node *n, const struct entry *e, int *dst);
/* The slots list and listed with nothing to do. */
void sink_no_sides(struct worker *w, struct node *n);
/* The slot list that reads N->sides from N's destination, if N has one: for sinks that compare. */
void sink_read_sides(struct worker *w, struct node *n);
/* No entry is carried at once: each is to be carried. */
bool sink_carry_later(struct worker *w, const struct entry *e, const struct stat *st);
/* Nothing is done to a directory at its end. */
void sink_finish_nothing(struct node *n, struct err why, void *worker);
/* N->sides are needed no more: keep their memory for W's next directory. */
void sink_drop_sides(struct worker *w, struct node *n);

#endif
