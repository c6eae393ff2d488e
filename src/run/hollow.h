/* SPDX-License-Identifier: BSD-2-Clause */
/* --prune-empty-dirs: directories of the source below which there is no file are as if they were not there. */
#ifndef DECANT_HOLLOW_H
#define DECANT_HOLLOW_H

#include "run/run.h"

/* Whether nothing but directories has been met below N, whose end this is, and that is a reason to have no N:
 * what this run made of it is gone then, and what stood before is kept in mind.  Else N's parent is told
 * that there is something in it. */
bool hollow_is(struct worker *w, struct node *n);
/* Remove the directories kept in mind, as far as they are empty.  Main thread, after all else was deleted. */
void hollow_conclude(struct run *run);

#endif
