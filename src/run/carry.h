/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying one entry, of whatever type but directory, from source to destination. */
#ifndef DECANT_CARRY_H
#define DECANT_CARRY_H

#include "run/target.h"
#include "run/tell.h"

enum {
	/* A file of at least this size is handed to a worker that has nothing to do.  Arbitrary; big
	 * enough that opening it twice costs nothing beside moving it. */
	HAND_OVER_MIN = 4 << 20,
	/* A file that changes while it is read is read once more (UX.md section 3). */
	CARRY_TRIES = 2,
};

/* Carry out E, which is no directory; its node is held.  Every outcome has been told on return. */
void carry_entry(struct worker *w, const struct entry *e);
/* The attributes of E's source, and *SRC open if its content is to be read. */
struct err carry_examine(struct worker *w, const struct entry *e, int *src, struct stat *st);
/* Whether E, whose content is to be read, is better handed to a worker that has nothing to do. */
bool carry_is_long(const struct worker *w, const struct entry *e, const struct stat *st);
/* Decide what to do with E, which carry_examine() has examined, and do it; tells success only.  ST may be
 * newer attributes afterwards. */
struct err carry_examined(struct worker *w, const struct entry *e, int src, struct stat *st);
/* Carry out E, a regular file with attributes ST, if it can be cloned, which takes no time whatever its
 * size; false, and nothing was told, if it cannot, or if the run's options ask for more than that. */
bool carry_cloned(struct worker *w, const struct entry *e, const struct stat *st);

/*
 * Write the regular file E: open source SRC with attributes ST, to where T says.  O is filled in for
 * telling.  ST may be newer attributes afterwards, if the file changed while it was read.
 * On failure what was there is there still, except that an existing file which is rewritten in
 * place may be incomplete.
 */
struct err carry_content(struct worker *w, const struct entry *e, int src, struct stat *st,
    struct target *t, struct carried *o);
/* Whether the source is as it was BEFORE.  One that had more to give than its size is of those whose size and
 * times say nothing (/proc, /sys). */
bool carry_stood_still(const struct worker *w, const struct stat *before, const struct stat *after,
    const struct moved *moved);
/* Pass the content of E, open as SRC with attributes ST, through the commands that were asked for to DST;
 * digests are appended to W's. */
struct err carry_through(struct worker *w, const struct entry *e, int src, const struct stat *st,
    int dst, struct moved *moved);
/* Make the symbolic link or special file E with attributes ST. */
struct err carry_special(
    struct worker *w, const struct entry *e, const struct stat *st, struct target *t);
/* Make E a hard (-l) or symbolic (-s) link to its source. */
struct err carry_as_link(struct worker *w, const struct entry *e, struct target *t);
/* Make E, whose source has attributes ST, a hard link to the name that O owns. */
struct err carry_hard_link(
    struct worker *w, const struct entry *e, const struct stat *st, const struct link_owner *o);

#endif
