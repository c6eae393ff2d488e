/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a file to its end for nothing but its digests. */
#ifndef DECANT_READING_H
#define DECANT_READING_H

#include "run/run.h"

/*
 * Show the content of FD, a regular file with attributes *ST or a stream, to W's digests.  A small file costs
 * one read.  A file that turns out to have another size than *ST says gets new attributes in *ST.
 * Blocks.  Fails with READ, STAT or ECANCELED; with CHANGED if the file changed while it was read: the
 * digests are then of what was read.
 */
struct err reading_hash(struct worker *w, int fd, struct stat *st);

/*
 * Likewise, but of a file that was read by another of its names, in a run that keeps the digests of such files
 * (run->inodes), have these.  Fails with MEMORY too.
 */
struct err reading_hash_once(struct worker *w, int fd, struct stat *st);

#endif
