/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of directories, kept in a nameless file until everything below them is done, so that memory does
 * not grow with their number.
 */
#ifndef DECANT_DIRSPOOL_H
#define DECANT_DIRSPOOL_H

#include "base/str.h"
#include "pipe/archive.h"

/* The directories of one depth, in the order of the archive. */
struct spool_level {
	int64_t first; /* offset of the first record, -1 = none */
	int64_t last;  /* of the last one */
};

/* A spool.  One thread. */
struct dirspool {
	int fd;                     /* for writing, -1 = none was needed yet */
	int read_fd;                /* the same file for reading, -1 = not yet */
	int64_t size;               /* bytes written */
	struct spool_level *levels; /* by depth [n_levels]; owned */
	size_t n_levels;
	struct str record;        /* one record */
	struct arc_xattr *xattrs; /* those of the record read last [cap_xattrs]; owned */
	size_t cap_xattrs;
};

/* Prepare S. */
void dirspool_init(struct dirspool *s);
/* Keep M's attributes for PATH, DEPTH components; the first record makes the file, in directory DIR. */
struct err dirspool_add(
    struct dirspool *s, int dir, const char *path, size_t depth, const struct arc_member *m);
/*
 * Read the record at *AT, which becomes that of the next one of the same depth, or -1; DEPTH's first is
 * levels[depth].first.  PATH and what M points to are S's until the next call.
 */
struct err dirspool_read(struct dirspool *s, int64_t *at, const char **path, struct arc_member *m);
/* Free what S has. */
void dirspool_release(struct dirspool *s);

#endif
