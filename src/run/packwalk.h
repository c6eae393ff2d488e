/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of pack: operands in the order given, directories depth first, names in the order of bytes. */
#ifndef DECANT_PACKWALK_H
#define DECANT_PACKWALK_H

#include "run/ahead.h"

/* The walk; used by one worker at a time. */
struct packwalk;

/* Make a walk for RUN, whose base stands, over the operands of its request or the list that it names.
 * Fails with MEMORY, or OPEN of the list. */
struct err packwalk_new(struct run *run, struct packwalk **walk);
/* Free W, with WORKER dropping what it had entered.  NULL is fine. */
void packwalk_free(struct packwalk *w, struct worker *worker);
/* Put the next entry into ITEM: ahead_ops.list. */
enum ahead_listed packwalk_next(void *walk, struct worker *w, struct pack_item *item);
/* True when the list of names has to be waited for: ahead_ops.would_wait. */
bool packwalk_would_wait(void *walk);

#endif
