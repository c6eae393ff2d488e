/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files a run has made, in eight bytes each: only they may get another name from an archive. */
#ifndef DECANT_MADESET_H
#define DECANT_MADESET_H

#include "base/hashset.h"

#include <sys/stat.h>

/* The set.  Zero-initialize; holds no lock. */
struct madeset {
	struct hashset files; /* by device and inode; FULL: more were made than are remembered */
};

/* Remember the file ST.  Fails with MEMORY. */
struct err madeset_add(struct madeset *s, const struct stat *st);
/* True when ST is the file that was remembered; wrong once in 2^40 or less. */
bool madeset_has(const struct madeset *s, const struct stat *st);
/* Free what S owns. */
void madeset_release(struct madeset *s);

#endif
