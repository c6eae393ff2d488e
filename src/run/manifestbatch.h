/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of a manifest on their way to a worker that looks whether they are so. */
#ifndef DECANT_MANIFESTBATCH_H
#define DECANT_MANIFESTBATCH_H

#include "run/unlike.h"
#include "tree/manifest.h"

/* Entries that are collected, at most as many as are worth a job. */
struct manifestbatch;

/* Make an empty batch of RUN, whose tree is open as ROOT, borrowed.  NULL = out of memory. */
[[nodiscard]] struct manifestbatch *manifestbatch_new(struct run *run, int root);
/* Free B, which was not handed over.  NULL is fine. */
void manifestbatch_free(struct manifestbatch *b);
/* Add E, which is TYPE (DT_*) in the tree.  Fails with MEMORY. */
struct err manifestbatch_add(
    struct manifestbatch *b, const struct manifest_entry *e, unsigned char type);
/* Whether no more is to be added. */
bool manifestbatch_is_full(const struct manifestbatch *b);
/* Hand B to the workers, or carry it out at once, as W, when they have enough to do.  B is gone. */
void manifestbatch_push(struct manifestbatch *b, struct worker *w);
/* Tell that entry E of the manifest came out as ACTION with WHY, which may be NULL. */
void manifestbatch_tell(struct worker *w, const struct manifest_entry *e, enum item_action action,
    const struct str *why);
/* The file type of E's letter, S_IF*. */
mode_t manifestbatch_type(const struct manifest_entry *e);

#endif
