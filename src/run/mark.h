/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mark of a sync under way: an attribute of the directory that it writes to, set before the first
 * content is written and removed at the end.  One that is found was left by a run that had no end: the power
 * failed, the device went away, or it was killed.  Of what that run wrote the file system may have kept sizes
 * and times, but not all data, so that these tell nothing.
 */
#ifndef DECANT_MARK_H
#define DECANT_MARK_H

#include "run/run.h"

/* A mark; in struct mirror. */
struct mark {
	atomic_bool settled;  /* it is there, or cannot be: nothing is left to do before writing */
	pthread_mutex_t lock; /* held while it is set */
	bool found;           /* an earlier run has left it, with the same operands */
	bool set;             /* this run has set it; under LOCK while the workers run */
};

/* Look for the mark of an earlier run in RUN's base: what was written since it began is to be compared by
 * content.  Main thread, before the workers start. */
void mark_find(struct run *run);
/* Set the mark unless there is one: content is about to be written.  A file system without such attributes
 * has none, which is no failure.  Any thread. */
void mark_set(struct run *run);
/* Remove the mark that this run has set; one that was found only if all that it was about has been compared.
 * Main thread, after the workers. */
void mark_remove(struct run *run);

#endif
