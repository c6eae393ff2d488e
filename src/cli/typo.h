/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a misspelt name is from a right one. */
#ifndef DECANT_TYPO_H
#define DECANT_TYPO_H

#include <stddef.h>

/* Changes that a name of LEN bytes may need to be taken for a misspelling. */
int typo_limit(size_t len);
/* Number of changes (insert, delete or replace a byte, swap two neighbors) that make A[a_len] into
 * B; INT_MAX when either has 64 bytes or more. */
int typo_distance(const char *a, size_t a_len, const char *b);

#endif
