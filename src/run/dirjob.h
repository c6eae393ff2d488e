/* SPDX-License-Identifier: BSD-2-Clause */
/* The job of a directory: open both sides, list the source, carry or hand over its entries. */
#ifndef DECANT_DIRJOB_H
#define DECANT_DIRJOB_H

#include "run/run.h"

/*
 * Open N's source, make or open its destination, and leave N held.  False: it was told why not, and
 * N has failed; there is nothing to release then.
 */
bool dirjob_open(struct worker *w, struct node *n, bool operand);
/* The job of a node: open it, list it, carry out its files, hand over its directories. */
job_run dirjob_run;
/* Whether the run's filter leaves out NAME of DIR. */
bool dirjob_excludes(struct worker *w, const struct node *dir, const char *name, bool is_dir);
/* Give the directory E to the workers, who carry it and all below it. */
void dirjob_push(struct worker *w, struct node *dir, const struct entry *e);

#endif
