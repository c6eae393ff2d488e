/* SPDX-License-Identifier: BSD-2-Clause */
/* A file that a person named for output: it appears when it is complete. */
#ifndef DECANT_OUTFILE_H
#define DECANT_OUTFILE_H

#include "engine/commit.h"

#include <stdbool.h>

/* The file; the caller's storage. */
struct outfile {
	int fd;       /* open for writing; -1 = none */
	bool commits; /* a regular file; else FD is a device or FIFO that is written directly */
	int dir;      /* its directory, -1 = none; owned */
	char *path;   /* the path that its name is the end of; owned */
	struct commit commit; /* if it COMMITS */
};

/*
 * Begin the file PATH, following a symbolic link to what it leads to.  An existing regular file is replaced by
 * outfile_publish(), with its mode and, where we may, its owner; a device or FIFO is opened.
 * Fails with STAT, OPEN, CREATE or MEMORY; F holds nothing then, and nothing has changed.
 */
struct err outfile_begin(struct outfile *f, const char *path);
/* Make it appear, on disk if SYNC.  F holds nothing afterwards.  On failure what was there is there still.
 * Fails with SYNC, RENAME or CLOSE. */
struct err outfile_publish(struct outfile *f, bool sync);
/* Give it up.  F holds nothing afterwards; harmless when it already does. */
void outfile_discard(struct outfile *f);

#endif
