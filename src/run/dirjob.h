/* SPDX-License-Identifier: BSD-2-Clause */
/* The job of a directory: open both sides, list the source, carry or hand over its entries. */
#ifndef DECANT_DIRJOB_H
#define DECANT_DIRJOB_H

#include "run/run.h"

/* Open N's source, make its destination, and leave it held: the first half of its job.  False: it
 * was told why not, and N has failed or was left out. */
bool dirjob_open(struct worker *w, struct node *n, bool operand);
/* The job of a node: list it and carry out what is in it. */
job_run dirjob_run;
/* Give a directory below DIR to the workers. */
void dirjob_push(struct worker *w, struct node *dir, const char *src_name, const char *name,
    bool operand, bool follow);
/* Carry out E of any type, a directory by handing it over. */
void carry_any(struct worker *w, const struct entry *e);

#endif
