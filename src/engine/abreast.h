/* SPDX-License-Identifier: BSD-2-Clause */
/* Two files side by side: where both have data, where they share it, and where there is none. */
#ifndef DECANT_ABREAST_H
#define DECANT_ABREAST_H

#include "engine/extent.h"
#include "engine/sharing.h"

/* What a stretch is to two files A and B. */
enum abreast_kind {
	ABREAST_HOLES,  /* neither has data */
	ABREAST_SHARED, /* both have the same blocks */
	ABREAST_ONLY_A, /* B has a hole, which reads as zeros */
	ABREAST_ONLY_B, /* likewise A */
	ABREAST_BOTH,   /* both have data, each its own as far as is known */
};

/* A stretch of one kind. */
struct stretch {
	enum abreast_kind kind;
	struct range range;
};

/* An iteration over the stretches of two files.  The caller's storage. */
struct abreast {
	struct extents extents[2]; /* of A and B */
	struct range data[2]; /* the data of each that ends behind POS; len 0 = there is no more */
	struct sharing sharing; /* what they share; not asked unless SHARES */
	struct range shared;    /* of it what ends behind POS, likewise */
	bool shares;            /* there may be more of that */
	int64_t pos;            /* everything before it has been told */
	int64_t end;            /* nothing from it on will be told */
};

/* Two files to be walked.  Borrowed until the last abreast_next(); file positions may move. */
struct abreast_files {
	int a;        /* open for reading */
	int b;        /* likewise */
	bool seek_a;  /* A's file system says where its holes are; else all of A is data */
	bool seek_b;  /* likewise B's */
	bool sharing; /* both are on one file system, which may share their extents */
};

/* Prepare W to tell the stretches of [OFF, END).  Never fails. */
void abreast_init(struct abreast *w, const struct abreast_files *files, int64_t off, int64_t end);
/* Tell the next stretch in *S; they ascend and leave nothing out.  False when there is no more. */
bool abreast_next(struct abreast *w, struct stretch *s);

#endif
