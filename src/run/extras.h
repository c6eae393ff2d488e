/* SPDX-License-Identifier: BSD-2-Clause */
/* What has no source: collected while the walk goes on, deleted when it is done, unless a brake holds. */
#ifndef DECANT_EXTRAS_H
#define DECANT_EXTRAS_H

#include "run/run.h"

/* The extras of a run; one mutex inside. */
struct extras;

/* Make an empty collection.  NULL = out of memory. */
[[nodiscard]] struct extras *extras_new(void);
/* Free X, which extras_conclude() has emptied.  NULL is fine. */
void extras_free(struct extras *x);
/* All of N's entries have been met, and it is held: sink.listed.  What N->sides did not meet is kept until
 * the end, and N with it. */
void extras_listed(struct worker *w, struct node *n);
/* Leave E, in whose way a directory is, until that may be deleted.  Any thread.  Fails with MEMORY. */
struct err extras_defer(struct extras *x, const struct entry *e);
/*
 * The walk is done: count what would go, and unless a brake holds remove it; then carry what was left.
 * A dry run only tells.  Main thread; every directory kept is finished afterwards.
 */
void extras_conclude(struct run *run);

#endif
