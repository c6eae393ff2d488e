/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing two regular files, a big one by several workers. */
#ifndef DECANT_LIKENESS_H
#define DECANT_LIKENESS_H

#include "run/unlike.h"

/*
 * Compare the content and the attributes of E, which is a regular file on both sides and whose node is
 * held; tells what comes of it, perhaps later and from another thread.
 */
struct err likeness_of_files(struct worker *w, const struct entry *e);

#endif
