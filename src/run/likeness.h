/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing two regular files, a big one by several workers. */
#ifndef DECANT_LIKENESS_H
#define DECANT_LIKENESS_H

#include "engine/alike.h"
#include "run/unlike.h"

/* Open both sides of AT for P, which is to be closed even if this fails: with OPEN. */
struct err likeness_open(
    const struct meta_pair *at, bool follow_src, bool follow_dst, struct pair *p);
/* Get the attributes of both sides of P.  Fails with STAT. */
struct err likeness_look(struct pair *p);
/* Close what P has open. */
void likeness_close(struct pair *p);
/*
 * Compare the contents of P, two open regular files that have been looked at, from FROM on; LIKE is what is known
 * of what is before it.  Nothing of what they share or neither has data in is read, and nothing at all
 * unless their sizes are equal and they are two.  LIKE->at is the first byte that differs, if one does.
 * Fails with READ of either side; ESTALE with CHANGED when one ends early.
 */
struct err likeness_of_content(
    struct worker *w, const struct pair *p, int64_t from, struct likeness *like);
/* Compare the content and the attributes of E, which is a regular file on both sides and whose node is
 * held; tells what comes of it. */
struct err likeness_of_files(struct worker *w, const struct entry *e);

#endif
