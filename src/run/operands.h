/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person named: operand forms, copies into themselves, lists of names. */
#ifndef DECANT_OPERANDS_H
#define DECANT_OPERANDS_H

#include "run/run.h"

/* Resolve the operands and hand them to the workers; lists of names go to a job of their own.
 * Every failure has been told. */
void operands_run(struct run *run);
/* All has been carried: make it durable, if --fsync asks for that.  Failures have been told. */
void operands_make_durable(struct run *run);

#endif
