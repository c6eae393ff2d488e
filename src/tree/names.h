/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of names that is read while it is being written: --files-from and --from0. */
#ifndef DECANT_NAMES_H
#define DECANT_NAMES_H

#include "base/err.h"

#include <stddef.h>

/* A list being read.  One thread at a time. */
struct names;

/*
 * Start a list whose names end in SEPARATOR ('\n' or '\0') each; the last one need not.
 * Borrows FD, open for reading and blocking, until names_free().  The result is owned by the
 * caller; NULL when out of memory.  Reads nothing yet.
 */
[[nodiscard]] struct names *names_new(int fd, char separator);

/* Free N.  Its descriptor stays open.  NULL is fine. */
void names_free(struct names *n);

/*
 * Get the next name, as soon as its separator has been read: more of the list is never waited for.
 * *NAME is not empty (empty names are skipped), NUL-terminated after LEN bytes, may be of any
 * length, keeps a CR at its end, and may hold NULs within when the separator is not NUL; borrowed
 * until the next call.  At the end of the list *NAME is NULL and *LEN 0, however often one asks.
 * Blocks in read(2).
 * Fails with READ, or MEMORY (ENOMEM) on a name too long for it; *NAME and *LEN are then untouched.
 */
struct err names_next(struct names *n, const char **name, size_t *len);

/* True when names_next() would answer without reading. */
bool names_is_ready(const struct names *n);
/* Read once what is there, at least one byte or the end: for who polls the descriptor first, to wait
 * for other things as well.  Blocks in read(2).  Fails with READ or MEMORY. */
struct err names_fill(struct names *n);

#endif
