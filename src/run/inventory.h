/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run that carries keeps of all entries, --manifest, and what it knows of them before, --known. */
#ifndef DECANT_INVENTORY_H
#define DECANT_INVENTORY_H

#include "run/manifestout.h"

/* What was asked for; borrowed. */
struct inventory_opts {
	const char *manifest;           /* where it is written, or NULL */
	const char *known;              /* the one of before, or NULL */
	const struct hash_algos *algos; /* of the run */
	bool rooted;                    /* the run has one operand, see struct ledger_opts */
	bool durable;                   /* the manifest is synced before it appears */
};

/* The inventory of a run; INVENTORY_INIT = none yet. */
struct inventory {
	struct inventory_opts opts;
	struct manifestout manifest;
};

#define INVENTORY_INIT ((struct inventory){ .manifest = MANIFESTOUT_INIT })

/* Begin V as RUN asks, before the workers start; false: that failed and was told, and RUN is canceled. */
bool inventory_begin(struct inventory *v, struct run *run, const struct inventory_opts *opts);
/* Let the manifest appear, unless RUN was canceled: it would be of half a tree.  Failures are told. */
void inventory_publish(struct inventory *v, struct run *run);
/* Free what V and RUN have for it. */
void inventory_release(struct inventory *v, struct run *run);

/* Take in the manifest PATH, NULL = none, as what RUN knows.  What fails was told, and RUN is canceled. */
struct err inventory_learn(struct run *run, const char *path, const struct hash_algos *algos);
/* Whether E, with attributes ST, is as the run knows it; W then has its digests. */
bool inventory_knows(struct worker *w, const struct entry *e, const struct stat *st);
/*
 * Note E, with attributes ST, which is at the destination already, in the run's ledger, if it has one.  HASHED: W
 * has seen its content; else that is known, or read.  Failures have been told.
 */
void inventory_note_equal(
    struct worker *w, const struct entry *e, const struct stat *st, bool hashed);

#endif
