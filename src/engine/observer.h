/* SPDX-License-Identifier: BSD-2-Clause */
/* Somebody who sees a file's content in passing, in the very blocks that are written. */
#ifndef DECANT_OBSERVER_H
#define DECANT_OBSERVER_H

#include "thread/cancel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An observer; the first member of whatever needs more.  Called by the thread that copies. */
struct observer {
	/* The content begins, or begins again. */
	void (*begin)(struct observer *o);
	/* The next N bytes, in order, holes as zeros; they do not change while it looks. */
	void (*see)(struct observer *o, const void *bytes, size_t n);
	bool no_clones; /* it need not see content that is shared */
};

/* Show O the next LEN bytes, all of them zero.  A hole may be as large as no file: ECANCELED once C is
 * canceled, and then O has seen less. */
struct err observer_see_hole(struct observer *o, int64_t len, const struct cancel *c);

#endif
