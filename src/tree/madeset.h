/* SPDX-License-Identifier: BSD-2-Clause */
/* Which files a run has made, in eight bytes each: only they may get another name from an archive. */
#ifndef DECANT_MADESET_H
#define DECANT_MADESET_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/* The set.  Zero-initialize; holds no lock. */
struct madeset {
	uint64_t *slots; /* slots[cap], 0 = free; owned */
	size_t cap;      /* 0 or a power of two */
	size_t count;    /* slots in use */
	bool full;       /* more were made than are remembered */
};

enum {
	/* The most that are remembered: 16 MiB, so that memory stays under 64 MiB whatever the archive. */
	MADESET_MAX = 3 << 19
};

/* Remember the file ST.  Beyond MADESET_MAX it is not, and FULL says so.  Fails with MEMORY. */
struct err madeset_add(struct madeset *s, const struct stat *st);
/* True when ST is the file that was remembered; wrong once in 2^40 or less. */
bool madeset_has(const struct madeset *s, const struct stat *st);
/* Free what S owns. */
void madeset_release(struct madeset *s);

#endif
