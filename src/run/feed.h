/* SPDX-License-Identifier: BSD-2-Clause */
/* --files-from: a list of names that is carried out while it is still being written. */
#ifndef DECANT_FEED_H
#define DECANT_FEED_H

#include "run/run.h"

/*
 * Start the job that reads the list; names are below directory SOURCE, or, when it is NULL, below
 * the current one.  The run's base is made to stand for SOURCE.  What fails has been told.
 * Main thread; the job ends by itself, at the latest 200 ms after a cancellation.
 */
void feed_start(struct run *run, const char *source);

#endif
