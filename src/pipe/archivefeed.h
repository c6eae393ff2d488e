/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes of an archive come from and go to, in this program: files, and the ends of joints. */
#ifndef DECANT_ARCHIVEFEED_H
#define DECANT_ARCHIVEFEED_H

#include "pipe/archive.h"
#include "pipe/stream.h"

/* The bytes of an in, without a copy. */
struct feed_in {
	struct arc_feed feed; /* first: what others see */
	struct in *in;        /* borrowed */
	size_t shown;         /* bytes shown last, not taken yet */
};

/* The bytes of a regular file, from its beginning; its position is not used. */
struct feed_file {
	struct arc_feed feed;        /* first */
	int fd;                      /* borrowed */
	int64_t at;                  /* where the next read begins */
	char *block;                 /* ARC_BLOCK_SIZE bytes */
	const struct cancel *cancel; /* borrowed */
};

/* The bytes go to an out. */
struct drain_out {
	struct arc_drain drain; /* first */
	struct out *out;        /* borrowed */
};

/* Feed from IN, which is borrowed, forward only.  What was not wanted may be lost to others. */
void feed_in_init(struct feed_in *f, struct in *in);
/* Take what was shown last; the feed is not used any more. */
void feed_in_done(struct feed_in *f);
/* Feed from the regular file FD, borrowed, by reads of ARC_BLOCK_SIZE; CANCEL is borrowed.
 * Fails with STAT, and ENOMEM (MEMORY). */
struct err feed_file_init(struct feed_file *f, int fd, const struct cancel *cancel);
/* Free what it owns. */
void feed_file_release(struct feed_file *f);
/* Drain to OUT, borrowed. */
void drain_out_init(struct drain_out *d, struct out *out);

#endif
