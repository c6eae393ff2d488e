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
};

/* Carry out E, which is no directory; its node is held.  Every outcome has been told on return. */
void carry_entry(struct worker *w, const struct entry *e);
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
/* Make the symbolic link or special file E with attributes ST. */
struct err carry_special(
    struct worker *w, const struct entry *e, const struct stat *st, struct target *t);
/* Make E a hard (-l) or symbolic (-s) link to its source. */
struct err carry_as_link(struct worker *w, const struct entry *e, struct target *t);
/* Make E, whose source has attributes ST, a hard link to the name that O owns. */
struct err carry_hard_link(
    struct worker *w, const struct entry *e, const struct stat *st, const struct link_owner *o);

#endif
