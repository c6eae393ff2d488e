/* SPDX-License-Identifier: BSD-2-Clause */
/* What two files of one file system share: ranges that need no reading to be known as equal. */
#ifndef DECANT_SHARING_H
#define DECANT_SHARING_H

#include "engine/extent.h"
#include "sys/extmap.h"

/* One file's side of the iteration. */
struct sharing_side {
	int fd;            /* borrowed */
	size_t at;         /* part of MAP that is looked at */
	int64_t asked;     /* everything before it is in MAP or was */
	struct extmap map; /* parts that were asked for */
};

/* An iteration over the shared ranges of two files.  The caller's storage. */
struct sharing {
	struct sharing_side sides[2]; /* the files */
	int64_t pos;                  /* everything before it has been told */
	int64_t end;                  /* nothing from it on will be told */
	bool none;                    /* nothing more is shared, or the file system does not say */
};

/* Prepare S to tell what A and B, both on one file system, share of [OFF, END).  Writes what is dirty in
 * them if anything seems to be shared.  Never fails. */
void sharing_init(struct sharing *s, int a, int b, int64_t off, int64_t end);
/* Tell the next shared range in *R, clipped to [OFF, END), ascending; false when there is no more. */
bool sharing_next(struct sharing *s, struct range *r);

#endif
