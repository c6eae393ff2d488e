/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of what was copied, in the order that keeps them: owner, mode, ACL, xattrs, times. */
#ifndef DECANT_ATTRS_H
#define DECANT_ATTRS_H

#include "run/run.h"

/* Set owner, mode, ACL, attributes and times of the new or existing file DST from SRC and ST, as
 * far as --preserve says.  FRESH: this call's caller created it, with mode MADE. */
struct err attrs_of_file(struct worker *w, const struct entry *e, int src, int dst,
    const struct stat *st, const mode_t *made);
/* The mode to create a file of mode MODE with in directory DIR, so that nobody sees more of it than
 * in the end. */
mode_t attrs_first_mode(const struct worker *w, const struct node *dir, const struct stat *st);
/* Give the new file DST, which is to replace E's existing one, what that has and --preserve does not
 * speak of, as rewriting it would have left it: owner, mode and ACL of OLD. */
struct err attrs_of_replaced(
    struct worker *w, const struct entry *e, int dst, const struct stat *old);
/* As attrs_of_file() for what cannot be opened: by name. */
struct err attrs_of_name(struct worker *w, const struct entry *e, const struct stat *st);
/* Finish directory N: the finisher of the run's nodes, which is told WHY N is not open. */
void attrs_of_directory(struct node *n, struct err why, void *worker);

#endif
