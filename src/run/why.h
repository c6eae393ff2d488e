/* SPDX-License-Identifier: BSD-2-Clause */
/* --why: which rule decides about one name. */
#ifndef DECANT_WHY_H
#define DECANT_WHY_H

#include "run/run.h"

/* Say on standard output which rule decides about PATH, below the first source of RUN, and about each
 * directory that leads there.  Main thread, instead of a walk. */
void why_run(struct run *run, const char *path);

#endif
