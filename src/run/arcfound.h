/* SPDX-License-Identifier: BSD-2-Clause */
/* What a comparison has found, kept until the end and told in the order of the tree. */
#ifndef DECANT_ARCFOUND_H
#define DECANT_ARCFOUND_H

#include "base/hashset.h"
#include "run/unlike.h"

/* Findings.  One thread.  Memory is bounded: they are in a file for the most part. */
struct arcfound {
	struct collate *records; /* NULL = nothing yet; owned */
	struct hashset names;    /* names that there is a finding of, by hash */
	uint64_t number;         /* of findings so far: of one name the last counts */
	struct str key;          /* of a record */
	struct str body;         /* likewise */
};

/* Prepare F, which needs its release. */
void arcfound_init(struct arcfound *f);
/* Keep that PATH, "." or below the base, which is to be as WANT, came out as ACTION with WHY.
 * Fails with MEMORY, or as collate_add() does. */
struct err arcfound_add(struct arcfound *f, const char *path, const struct stat *want,
    enum item_action action, const struct str *why);
/* Whether there is a finding of PATH; one in 2^40 times wrongly so, and never beyond HASHSET_MAX. */
bool arcfound_has(const struct arcfound *f, const char *path);
/* Tell, as W, the last finding of each name; what is missing in a directory that is missing is none. */
void arcfound_tell(struct arcfound *f, struct worker *w);
/* Free what F owns. */
void arcfound_release(struct arcfound *f);

#endif
