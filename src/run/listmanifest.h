/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb list: the entries of a manifest. */
#ifndef DECANT_LISTMANIFEST_H
#define DECANT_LISTMANIFEST_H

#include "run/unpack.h"

/* Carry out OPTS, of which the archive is a manifest; as copy_run(). */
int list_manifest(struct unpack_opts *opts);

#endif
