/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether names that are one file on one side are one file on the other side too. */
#ifndef DECANT_LINKPAIRS_H
#define DECANT_LINKPAIRS_H

#include "base/err.h"

#include <sys/stat.h>

/* The pairs of inodes that were met under one name; one mutex inside. */
struct linkpairs;

/* Make an empty table.  NULL = out of memory. */
[[nodiscard]] struct linkpairs *linkpairs_new(void);
/* Free L.  NULL is fine. */
void linkpairs_free(struct linkpairs *l);
/*
 * Meet a name that is A here and B there.  *ALIKE: every name met so far that was A here was B there, and
 * the other way round.  Files of one name on each side are not remembered.  Any thread.
 * Fails with MEMORY.
 */
struct err linkpairs_meet(
    struct linkpairs *l, const struct stat *a, const struct stat *b, bool *alike);

#endif
