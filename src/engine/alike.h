/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether two files have the same content, read no further than the answer takes. */
#ifndef DECANT_ALIKE_H
#define DECANT_ALIKE_H

#include "engine/buffered.h"
#include "thread/cancel.h"

#include <stdatomic.h>

/* Two regular files of one size, to be compared.  Everything is borrowed. */
struct comparison {
	int a;        /* open for reading: the source's side */
	int b;        /* open for reading: the destination's side */
	bool seek;    /* both have holes, and their file systems say where */
	bool sharing; /* both are on one file system, which may share their extents */
	const struct cancel *cancel; /* asked between blocks */
	_Atomic int64_t *live_bytes; /* counts along for progress; NULL = nobody looks */
};

/* What came of it.  Bytes. */
struct likeness {
	bool differs;   /* the contents differ */
	int64_t at;     /* first byte that does, if they do */
	int64_t read;   /* read on each side */
	int64_t shared; /* not read, because both files have the same blocks */
	int64_t holes;  /* not read, because neither has any */
};

/* The first byte that differs of A and B, two blocks that do. */
size_t alike_first_difference(const char *a, const char *b);
/*
 * Compare [OFF, END), adding to *OUT, which the caller has zeroed; ends at the first difference.
 * BUF is lent for the time of the call; each side gets a half.  File positions may move.
 * Any thread, and several at once on ranges of one pair.  Blocks.
 * Fails with READ of either side; ESTALE with CHANGED when one ends before END.
 */
struct err compare_range(
    const struct comparison *c, int64_t off, int64_t end, struct block buf, struct likeness *out);

#endif
