/* SPDX-License-Identifier: BSD-2-Clause */
/* A file's digests as a record, which waits for its place among the lines of the verb hash. */
#ifndef DECANT_HASHLINE_H
#define DECANT_HASHLINE_H

#include "run/collate.h"
#include "run/inodes.h"

/* What a record says besides the name. */
struct hashline {
	bool linked;        /* another name of ID has the digests */
	struct inode_id id; /* meaningful if LINKED */
	struct digests d;   /* meaningful unless LINKED */
};

/*
 * Make KEY that of the file NAME below operand NUMBER: records are in the order of the operands, then of the
 * tree.  Fails with MEMORY.
 */
struct err hashline_key(unsigned number, const struct str *name, struct str *key);
/* Make BODY what LINE, by ALGOS, says.  Fails with MEMORY. */
struct err hashline_body(
    const struct hashline *line, const struct hash_algos *algos, struct str *body);
/* What the record R was made of: *LINE and NAME.  Fails with MEMORY. */
struct err hashline_unpack(const struct record *r, const struct hash_algos *algos,
    struct hashline *line, struct str *name);

#endif
