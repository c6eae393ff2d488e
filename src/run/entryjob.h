/* SPDX-License-Identifier: BSD-2-Clause */
/* The job of one entry: what its directory's worker does not carry out itself. */
#ifndef DECANT_ENTRYJOB_H
#define DECANT_ENTRYJOB_H

#include "run/run.h"

/* Give E to the workers as a job of its own; if their lane is full, carry it out at once. */
void entryjob_push(struct worker *w, const struct entry *e);

#endif
