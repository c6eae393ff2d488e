/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb list: what is in an archive, a directory or a manifest. */
#ifndef DECANT_RUN_LIST_H
#define DECANT_RUN_LIST_H

#include "run/unpack.h"

/* Carry out OPTS, of which the archive may be a directory or a manifest; as copy_run(). */
int list_run(struct unpack_opts *opts);

#endif
