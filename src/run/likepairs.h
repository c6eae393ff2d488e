/* SPDX-License-Identifier: BSD-2-Clause */
/* Pairs of files with several names whose contents were compared: one reading serves all names. */
#ifndef DECANT_LIKEPAIRS_H
#define DECANT_LIKEPAIRS_H

#include "engine/alike.h"

#include <sys/stat.h>

/* All such pairs that were met; one mutex inside. */
struct likepairs;

/* Make an empty table.  NULL = out of memory. */
[[nodiscard]] struct likepairs *likepairs_new(void);
/* Free C.  NULL is fine. */
void likepairs_free(struct likepairs *c);
/* Whether files with attributes A and B were compared before and neither has changed since; *LIKE is what came
 * of it then.  Any thread. */
bool likepairs_get(
    struct likepairs *c, const struct stat *a, const struct stat *b, struct likeness *like);
/* Keep LIKE for A and B, if both have several names.  Out of memory it is forgotten: they are read again, at
 * worst.  Any thread. */
void likepairs_put(
    struct likepairs *c, const struct stat *a, const struct stat *b, const struct likeness *like);

#endif
