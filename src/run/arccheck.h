/* SPDX-License-Identifier: BSD-2-Clause */
/* An archive against the tree that it is of: verify ARCHIVE [DIR]. */
#ifndef DECANT_ARCCHECK_H
#define DECANT_ARCCHECK_H

#include "run/unlike.h"

/* Whether PATH is an archive that can be read: "-", standard input, always is taken for one.  Main thread. */
bool arccheck_is_one(const char *path);
/* Carry out V->opts, of which the first operand is an archive; as verify_run(). */
int arccheck_run(struct verifying *v);

#endif
