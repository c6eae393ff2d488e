/* SPDX-License-Identifier: BSD-2-Clause */
/* The directories that lead to a name: made on the way to it, with their own attributes. */
#ifndef DECANT_CHAIN_H
#define DECANT_CHAIN_H

#include "run/run.h"

/* The directories that lead to the last name asked for.  One thread; zero-initialize. */
struct chain {
	struct node **nodes; /* len nodes, outermost first; a work of each is outstanding */
	size_t len;          /* nodes in use */
	size_t cap;          /* nodes allocated */
};

/* A path whose directories are made. */
struct chain_path {
	char *text;  /* borrowed, and split in place */
	size_t skip; /* bytes in front that are only the way there */
};

/*
 * Make the directories of PATH, all of its components but the last, below the run's base on both
 * sides, keeping those that the last call made.  FOLLOW: symbolic links among them are followed.
 * *DIR is the innermost one, not held; *NAME the last component, "" when
 * there is none, with what stands in front of it if it is the only one.  False: it was told why not.
 */
bool chain_to(struct worker *w, struct chain *c, struct chain_path path, bool follow,
    struct node **dir, const char **name);
/* Add the directory NAME below the innermost one of C, known to the source as SRC_NAME.  False: it was
 * told why not. */
bool chain_enter(
    struct worker *w, struct chain *c, const char *src_name, const char *name, bool follow);
/* Finish all directories of C, the innermost first, and free what C owns. */
void chain_release(struct worker *w, struct chain *c);

#endif
