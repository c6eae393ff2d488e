/* SPDX-License-Identifier: BSD-2-Clause */
/* Cooperative cancellation: a flag for loops, a descriptor for poll(2), and the first cause. */
#ifndef DECANT_CANCEL_H
#define DECANT_CANCEL_H

#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>

/* A cancellation shared by the threads of a run.  The caller provides the storage. */
struct cancel {
	atomic_bool requested; /* set once, never cleared */
	int fd;                /* eventfd, readable for ever once requested */
	pthread_mutex_t lock;  /* guards CAUSE */
	/* --- guarded by lock --- */
	struct err cause; /* why, of the first request */
};

/* Prepare C.  Fails with THREAD when no eventfd can be had; C then holds nothing. */
struct err cancel_init(struct cancel *c);
/* Close the descriptor.  After the last thread that uses C is joined. */
void cancel_release(struct cancel *c);
/* Ask every thread to stop; the first cause is kept.  Any thread; never blocks. */
void cancel_request(struct cancel *c, struct err why);
/* The descriptor for poll(2); borrowed. */
int cancel_fd(const struct cancel *c);
/* The cause of the first request, ERR_OK if there was none.  Any thread. */
struct err cancel_cause(struct cancel *c);

/* True once a request was made.  One relaxed load: a late answer costs one more block of work. */
static inline bool
cancel_requested(const struct cancel *c)
{
	return atomic_load_explicit(&c->requested, memory_order_relaxed);
}

/* ECANCELED once a request was made, else success; for TRY() between blocks of work. */
static inline struct err
cancel_check(const struct cancel *c)
{
	return cancel_requested(c) ? (struct err){ .code = 125 /* ECANCELED */, .off = -1 }
				   : ERR_OK;
}

#endif
