/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts and calls that concern a whole file system. */
#ifndef DECANT_FS_H
#define DECANT_FS_H

#include "base/err.h"

/* Flush the whole file system that FD lives on.  Fails with SYNC on the destination; since Linux
 * 5.8 it reports write-back errors (syncfs(2)).  Blocks. */
struct err fs_sync(int fd);
/* What tells the file system of FD from others, by statfs(2), or its UUID; a disk keeps it.  Fails with STAT of the source,
 * ENODATA where it has none. */
struct err fs_identity(int fd, uint64_t *id);

/* The path of what PATH leads to, without any symbolic link, as *REAL, which the caller frees.
 * Fails with STAT of the destination. */
struct err fs_resolve(const char *path, char **real);

/*
 * Read the whole file PATH that a person named (a list of patterns, a rules file) into *TEXT, which
 * the caller frees, NUL-terminated behind *LEN bytes.  Only a regular file or a pipe is read.
 */
struct err fs_read_text(const char *path, char **text, size_t *len);
/*
 * Write TEXT[len] to PATH so that PATH never shows a part of it: a new file beside it, synced, then
 * renamed over it.  A device or pipe (as /dev/stderr) is written to instead.
 */
struct err fs_write_text(const char *path, const char *text, size_t len);

/*
 * Make a nameless file for what does not fit into memory, in the directory that TMPDIR names or in /tmp,
 * open for reading and writing as *FD.  Fails with CREATE.
 */
struct err fs_open_temporary(int *fd);

#endif
