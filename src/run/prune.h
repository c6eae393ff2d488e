/* SPDX-License-Identifier: BSD-2-Clause */
/* Removing names of the destination with all that is below them, or counting what that would remove. */
#ifndef DECANT_PRUNE_H
#define DECANT_PRUNE_H

#include "run/run.h"

/* What is done with names. */
enum prune_how {
	PRUNE_COUNT,  /* they are counted */
	PRUNE_TELL,   /* they are told as if they were removed */
	PRUNE_REMOVE, /* they are removed, and that is told */
};

/* Names of one directory that are to go; borrowed. */
struct prune_names {
	struct node *dir; /* the directory; a work of it is outstanding */
	const char
	    *name;  /* the one name, whatever filters say; NULL = what DIR->sides did not meet */
	bool *gone; /* becomes true when NAME is gone, or would be; NULL for DIR->sides */
};

/* What is to go, and how much that was. */
struct prune {
	struct run *run;
	enum prune_how how; /* what is done */
	/* The next names; false = that was all.  Any worker, one at a time. */
	bool (*next)(void *arg, struct prune_names *names);
	void *arg;           /* of NEXT */
	atomic_llong count;  /* entries removed, or that would be */
	atomic_llong deeper; /* those of them that stood below one of the names */
};

/*
 * Remove what P->next gives, with all that is below, by all workers, each directory's names by one of them.
 * Nothing is followed, what is mounted or the mirror needs stays, and so does each directory in which
 * something stays.  Any depth, with few descriptors.  Failures are told.  Main thread, between walks.
 */
void prune_run(struct prune *p);

#endif
