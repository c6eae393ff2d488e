/* SPDX-License-Identifier: BSD-2-Clause */
/* What kinds of file systems can be relied on for. */
#ifndef DECANT_FSTRAITS_H
#define DECANT_FSTRAITS_H

#include <stdint.h>

/* Properties of a kind of file system; a set of bits. */
enum fs_trait {
	FS_LOCAL = 1,       /* its errors are real: no server or daemon that answers oddly */
	FS_TRUE_SIZE = 2,   /* st_size is the size, 0 included: unlike procfs */
	FS_TRUE_HOLES = 4,  /* SEEK_DATA never passes over data (TRUST.md 1.5) */
	FS_PREALLOCATE = 8, /* reserving blocks ahead pays (TRUST.md 1.4) */
	/* Workers that create at once hinder each other: 20,000 files in 400 directories, btrfs of
	 * Linux 6.18 in memory, 2 cores: one worker takes 0.82 of the time of two. */
	FS_ONE_CREATOR = 16,
	FS_COLD_DIRECT =
	    32, /* O_DIRECT reads what is on the device; tmpfs takes it for what it has */
	/*
	 * A read that gets less than it asked for, but no multiple of 64 bytes, has met the file's end: an
	 * error that cuts a read short does so between two pages (filemap_read() of Linux 6.18), or with
	 * dax between two lines of the cache.
	 */
	FS_PAGED_READS = 64,
};

/* The traits of the kind TYPE, the f_type of fstatfs(2); 0 for kinds that are not known.  Pure. */
unsigned fs_traits(int64_t type);

#endif
