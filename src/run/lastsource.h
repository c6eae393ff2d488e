/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file system a source was on when it last was synced to a destination, with --delete. */
#ifndef DECANT_LASTSOURCE_H
#define DECANT_LASTSOURCE_H

#include "run/run.h"

/* The first source that is on another file system than when the last run deleted, or might have, in the
 * same destination; NULL = there is none, or nothing is known.  Main thread. */
const char *lastsource_moved(const struct run *run);
/* Remember where the sources are, unless that is known.  What cannot be written is not remembered. */
void lastsource_note(const struct run *run);

#endif
