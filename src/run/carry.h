/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying one entry, of whatever type, from source to destination. */
#ifndef DECANT_CARRY_H
#define DECANT_CARRY_H

#include "run/target.h"

/* Carry out the non-directory E; its node is held.  Every outcome has been told on return. */
void carry_entry(struct worker *w, const struct entry *e);
/* Carry out the regular file E, open as *SRC (closed on return), whose attributes are ST. */
struct err carry_file(struct worker *w, const struct entry *e, int *src, struct stat *st);
/* Carry out E, a symbolic link or special file with attributes ST. */
struct err carry_special(struct worker *w, const struct entry *e, const struct stat *st);
/* Make E a hard (-l) or symbolic (-s) link to its source. */
struct err carry_as_link(
    struct worker *w, const struct entry *e, const struct stat *st, const struct target *t);
/* Tell that nothing was done to E because of T: unchanged, or refused. */
struct err carry_nothing(
    struct worker *w, const struct entry *e, const struct stat *st, const struct target *t);
/* Make E a hard link to the name that O owns. */
struct err carry_hard_link(struct worker *w, const struct entry *e, const struct link_owner *o);
/* Settle what LINKS_OWNER owes: link or carry anew all who waited. */
void carry_waiters(struct worker *w, struct link_owner *o, bool ok);

#endif
