/* SPDX-License-Identifier: BSD-2-Clause */
/* A file brought up to date from an older copy of it, of which only blocks that differ are written. */
#ifndef DECANT_UPDATE_H
#define DECANT_UPDATE_H

#include "run/target.h"

/* What is to become of what; all borrowed. */
struct updating {
	int src;               /* the source, open for reading */
	const struct stat *st; /* its attributes */
	int dst;               /* open for writing */
	bool in_place;         /* DST has an older copy, and can be read; else it is empty */
	const struct stat
	    *old; /* else: attributes of what has the name, of which DST may be made a clone;
	                         * NULL = it may not */
};

/* Whether a file with ST, for which T is to be replaced, is worth an update of a clone of that, as far as
 * options and sizes tell. */
bool update_pays(const struct worker *w, const struct stat *st, const struct target *t);
/*
 * Make U->dst what the source of E is: by sharing its blocks, or by writing those that differ, which are
 * durable then but for small files.  Not *DONE: that cannot be, DST is empty and everything has to be copied.
 * A source that has become shorter is no failure, as in engine_copy().
 * Fails as patch_range() does, or with STAT, CLONE, TRUNCATE or SYNC; DST then has some of both contents.
 */
struct err update_content(struct worker *w, const struct entry *e, const struct updating *u,
    struct moved *out, bool *done);

#endif
