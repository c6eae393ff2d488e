/* SPDX-License-Identifier: BSD-2-Clause */
/* The digests of files with several names: one reading serves all. */
#ifndef DECANT_INODES_H
#define DECANT_INODES_H

#include "run/hashing.h"

#include <sys/stat.h>

/* The digests of one content, in the order of the run's algorithms. */
struct digests {
	unsigned char of[HASH_MAX][DIGEST_MAX]; /* algos->algos[i]->size bytes each */
};

/* Which inode; what a record keeps of a name whose digests come with another one. */
struct inode_id {
	uint64_t dev; /* st_dev */
	uint64_t ino; /* st_ino */
};

/* All inodes with several names that were met; one mutex inside. */
struct inodes;

/* Make an empty table.  NULL = out of memory. */
[[nodiscard]] struct inodes *inodes_new(void);
/* Free I.  NULL is fine. */
void inodes_free(struct inodes *i);
/* The id of ST. */
struct inode_id inode_id_of(const struct stat *st);
/* Whether the caller is the first to meet ID, and so the one to read it; *FIRST.  Fails with MEMORY. */
struct err inodes_claim(struct inodes *i, struct inode_id id, bool *first);
/* Keep D for ID.  Fails with MEMORY. */
struct err inodes_put(struct inodes *i, struct inode_id id, const struct digests *d);
/* Get what was kept for ID; false: nothing was, its reading failed. */
bool inodes_get(struct inodes *i, struct inode_id id, struct digests *d);

/* The digests of what H saw. */
void digests_of(struct hashing *h, struct digests *d);

#endif
