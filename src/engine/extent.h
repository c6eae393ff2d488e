/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the data of a source lies, as far as the file system tells. */
#ifndef DECANT_EXTENT_H
#define DECANT_EXTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Bytes [off, off + len) of a file. */
struct range {
	int64_t off; /* first byte */
	int64_t len; /* number of bytes, > 0 */
};

/* An iteration over the data of a file; what it leaves out are holes.  The caller's storage. */
struct extents {
	int fd;      /* the source, borrowed */
	int64_t pos; /* everything before it has been told */
	int64_t end; /* nothing from it on will be told */
	bool seek;   /* the file system is still believed; else the rest is data */
};

/* Whether a file with attributes ST has fewer blocks than its size takes: what it lacks may be holes, or be
 * kept in its inode, or compressed.  Pure. */
bool extents_missing(const struct stat *st);

/*
 * Prepare X to tell the data of [OFF, END) of FD; one single range when not SEEK.
 * Borrows FD until the last extents_next(), and moves its file position when SEEK.
 * Never fails.
 */
void extents_init(struct extents *x, int fd, int64_t off, int64_t end, bool seek);

/*
 * Tell the next range of data in *R; false when there is no more.
 * Ranges ascend, do not overlap, and lie within [OFF, END) whatever the file system answers and
 * however the file changes meanwhile: an answer that fails or makes no sense ends the belief in
 * holes, and the rest is data.
 * Any thread.
 */
bool extents_next(struct extents *x, struct range *r);

#endif
