/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing a name of the destination with all that is below it, or counting what that would remove. */
#ifndef DECANT_PRUNE_H
#define DECANT_PRUNE_H

#include "run/run.h"

/* What is done with names. */
enum prune_how {
	PRUNE_COUNT,  /* they are counted */
	PRUNE_TELL,   /* they are told as if they were removed */
	PRUNE_REMOVE, /* they are removed, and that is told */
};

/* A removal; the caller's storage. */
struct prune {
	struct worker *w;   /* who does it */
	struct node *dir;   /* the directory that names are in; held */
	enum prune_how how; /* what is done */
	bool all;           /* what filters leave out goes too */
	int64_t count;      /* names removed so far, or that would be */
};

/*
 * Remove NAME of P->dir's destination, of TYPE (DT_*), with all that is below.  Nothing is followed, what
 * is mounted stays, and so does each directory in which something stays.  Any depth, with two
 * descriptors.  Failures are told.  True when NAME is gone, or would be.
 */
bool prune_name(struct prune *p, const char *name, unsigned char type);

#endif
