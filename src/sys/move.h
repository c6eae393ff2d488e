/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own ways of moving content from file to file. */
#ifndef DECANT_MOVE_H
#define DECANT_MOVE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	/* The most that one call is asked to move.  glibc 2.41 and 2.42 truncate counts above 2 GiB
	 * (sourceware PR33245), and a call in progress cannot be cancelled (TRUST.md 1.2). */
	MOVE_MAX = 1 << 30
};

/*
 * Move at most LEN bytes, and at most MOVE_MAX, from SRC_OFF of SRC to DST_OFF of DST.
 * Borrows both descriptors.  *MOVED may be less than LEN; 0 is the end of SRC, or a file system
 * that does not do what it says.
 * Any thread.  Blocks.
 * Fails at SRC_OFF, on the destination's side when its space or size is exhausted, else on the
 * source's, which may be wrong: the kernel does not tell.  Nothing is known to be written then.
 */
typedef struct err move_range(
    int src, int64_t src_off, int dst, int64_t dst_off, int64_t len, int64_t *moved);

/* The error that errno is for a move, about the destination when its space or size is exhausted or nobody reads
 * it, else about the source, which may be wrong.  For sys/ only. */
struct err move_failed(enum err_op op, int64_t off);

/*
 * Make DST, an empty file, share all extents of SRC.
 * Borrows both descriptors.  One uninterruptible call, whatever the size.
 * Any thread.  Blocks.
 * Fails with CLONE; DST's content is then unspecified unless the file systems cannot clone at all.
 */
struct err move_clone(int dst, int src);

/*
 * Make the empty file DST share LEN bytes of SRC from OFF on, both multiples of the file system's block.
 * As move_clone(); DST's content is unspecified after a failure.
 */
struct err move_clone_range(int dst, int src, int64_t off, int64_t len);

/* Move by copy_file_range(2); file positions are not used.  Fails with COPY_RANGE. */
move_range move_copy_range;

/* Move at most LEN bytes, and at most MOVE_MAX, by copy_file_range(2) from where SRC stands to where
 * DST stands; both positions move along.  Otherwise as above, but offset -1.
 * Fails with COPY_RANGE. */
struct err move_copy_range_on(int src, int dst, int64_t len, int64_t *moved);

/* Move by sendfile(2); moves the file position of DST.  Fails with SENDFILE, or SEEK of DST. */
move_range move_sendfile;

#endif
