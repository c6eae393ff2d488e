/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of a destination: opened, made, or refused. */
#ifndef DECANT_DIRECTORY_H
#define DECANT_DIRECTORY_H

#include "run/target.h"

/* Open or make N's destination, as T says, below its parent's, which is held: what sinks do that end in a
 * directory tree.  See sink.enter. */
struct err directory_enter(
    struct worker *w, struct node *n, const struct entry *e, struct target *t, int *dst);

#endif
