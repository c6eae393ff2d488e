/* SPDX-License-Identifier: BSD-2-Clause */
/* hash -c: files checked against a list of sums or a manifest. */
#ifndef DECANT_HASHCHECK_H
#define DECANT_HASHCHECK_H

#include "run/hash.h"

/* Check what OPTS->check lists.  OPTS->hash is filled in if it is empty.  The result is as hash_run()'s. */
int hashcheck_run(struct hash_opts *opts);

#endif
