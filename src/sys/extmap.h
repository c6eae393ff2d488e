/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the blocks of a file lie on its file system (FIEMAP). */
#ifndef DECANT_EXTMAP_H
#define DECANT_EXTMAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	EXTMAP_PARTS = 64 /* parts that one call asks for: 3.5 KiB of the stack; arbitrary */
};

/* A part of a file that lies in one piece. */
struct extmap_part {
	int64_t off;   /* first byte of it in the file */
	int64_t len;   /* bytes */
	uint64_t phys; /* where the file system has it; of those who share it the same */
	bool
	    shared; /* others have it too, and it is plainly data at PHYS: not encoded, not in line with
	                * metadata, not on its way */
};

/* The answer for a range. */
struct extmap {
	struct extmap_part parts[EXTMAP_PARTS]; /* [n], ascending */
	size_t n;                               /* number of them; holes are left out */
	bool last;                              /* nothing follows them in the range */
};

/*
 * Ask for the parts of [OFF, END) of source FD; the first and the last one may reach out of the range.
 * With SYNC what is dirty is written first: without it the answer does not say what a read would.
 * Fails with SEEK of the source; EOPNOTSUPP where there is no such thing.
 */
struct err extmap_get(int fd, int64_t off, int64_t end, bool sync, struct extmap *map);

#endif
