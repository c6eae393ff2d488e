/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several destinations of one copy.
 *
 * The walk's nodes have no destination then: each has one more node for every destination, in ALSO, which is
 * an ordinary one with its own parent, and all that is done to a destination is done to that one, by
 * the same code as for a single destination.  So nothing that fails at one touches another; what would
 * end the run ends that destination.
 */
#ifndef DECANT_FAN_H
#define DECANT_FAN_H

#include "run/run.h"

/* Make the places of RUN if its request has more than one destination.  Fails with MEMORY. */
struct err fan_make_places(struct run *run);
/* Free them; the first one's links are the run's. */
void fan_free_places(struct run *run);
/* Make AT what E, an entry of the walk, is at place I, and hold its directory.  False: E does not go there;
 * a failure was told. */
bool fan_enter_place(struct worker *w, const struct entry *e, size_t i, struct entry *at);

#endif
