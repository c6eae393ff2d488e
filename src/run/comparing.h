/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing an entry with its destination: attributes first, bytes only where they must tell. */
#ifndef DECANT_COMPARING_H
#define DECANT_COMPARING_H

#include "run/target.h"
#include "sys/meta.h"

/* target_decide() of a run that compares: look at E's destination and say what differs, reading content
 * and extended attributes where attributes do not tell.  Changes nothing. */
struct err comparing_decide(struct worker *w, const struct entry *e, const struct stat *st,
    bool known_absent, struct target *t);
/* Find out what attributes, compared to DIFFERS, do not tell of regular files PAIR, the source having ST. */
struct err comparing_pair(
    struct worker *w, const struct meta_pair *pair, const struct stat *st, unsigned *differs);
/* Why T, of a source with ST, is to be done, in words; W's until the next call. */
const char *comparing_words(struct worker *w, const struct stat *st, const struct target *t);
/* Find out what differs between directory N, whose parent is held, and its destination, open as DST and
 * known as PAIR says: N->dst and N->differs. */
struct err comparing_directory(
    struct worker *w, struct node *n, int dst, const struct meta_pair *pair);
/* Whether NAME below DIR is a directory with nothing in it. */
bool comparing_is_empty(int dir, const char *name);

#endif
