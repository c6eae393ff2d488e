/* SPDX-License-Identifier: BSD-2-Clause */
/* The directories of an archive as they stand in a tree: what is in them that the archive does not have. */
#ifndef DECANT_ARCWALK_H
#define DECANT_ARCWALK_H

#include "run/unpacking.h"

/* Who is shown directories. */
struct arcwalk {
	/*
	 * Directory N is held.  N->sides are its names, of which those that the archive has were met; what
	 * becomes of N->sides is this function's business, see sink_drop_sides().
	 */
	void (*listed)(struct unpacking *u, struct node *n);
};

/*
 * Walk the base and every directory of it that is in u->has, but what is left out.  Failures are told.
 * False: the run was cancelled.  Any one thread, when nothing else uses the directories.
 */
bool arcwalk_run(struct unpacking *u, const struct arcwalk *walk);

#endif
