/* SPDX-License-Identifier: BSD-2-Clause */
/* A rate that the threads of a run keep together. */
#ifndef DECANT_PACE_H
#define DECANT_PACE_H

#include "thread/cancel.h"

#include <stddef.h>
#include <stdint.h>

/* So many bytes a second, whoever moves them.  The caller provides the storage. */
struct pace {
	int64_t bps;                 /* bytes a second, > 0 */
	const struct cancel *cancel; /* ends the waiting; borrowed */
	pthread_mutex_t lock;        /* guards DUE_NS */
	/* --- guarded by lock --- */
	int64_t due_ns; /* when the bytes so far may have passed; 0 = there were none */
};

/* Prepare P for BPS bytes a second.  Never fails. */
void pace_init(struct pace *p, int64_t bps, const struct cancel *cancel);
/* Release what P holds.  After the last thread that uses P is joined. */
void pace_release(struct pace *p);
/* How many of LEN bytes are moved at once, so that the rate is even; LEN itself where P is NULL.  Pure. */
int64_t pace_step(const struct pace *p, int64_t len);
/* Wait until LEN bytes more may pass; at once where P is NULL.  Any thread.  Blocks.
 * ECANCELED when P's cancellation was requested. */
struct err pace_take(struct pace *p, int64_t len);

#endif
