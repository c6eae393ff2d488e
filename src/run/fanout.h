/* SPDX-License-Identifier: BSD-2-Clause */
/* The content of one file to several destinations: read once, cloned or written to each. */
#ifndef DECANT_FANOUT_H
#define DECANT_FANOUT_H

#include "run/run.h"

/* A file on its way to several destinations; in the storage of fanout_carry(). */
struct fanout;

/*
 * Carry E, an entry of the walk, open as SRC with attributes ST, to each place; all has been told.
 * The destinations are nested: the first is made ready, down to where its content would be moved, which
 * is fanout_move(), and calls for the next; the last one that has content to get moves it for all; then each
 * gets its attributes and its name.
 */
void fanout_carry(struct worker *w, const struct entry *e, int src, struct stat *st);
/* True when F's content was moved: who wants it again after that moves it alone. */
bool fanout_is_moved(const struct fanout *f);
/* Move the content to E's file DST, and to those of the places that follow.  E is at a place, and may be
 * tried again after a failure.  W's hash is set. */
struct err fanout_move(struct worker *w, const struct entry *e, int dst, struct moved *moved);

#endif
