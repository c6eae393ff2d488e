/* SPDX-License-Identifier: BSD-2-Clause */
/* The wait of a pipeline: descriptors and timers, each with who is to be called. */
#ifndef DECANT_LOOP_H
#define DECANT_LOOP_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* A loop over one epoll descriptor.  One thread drives it; nobody else may touch it. */
struct loop;

/* Somebody who waits for a descriptor.  The waiter's storage; zero-initialize but for the rest. */
struct watcher {
	int fd;                           /* descriptor, borrowed; -1 = none */
	void (*ready)(struct watcher *w); /* called when FD is readable, or a timer is due */
	void *arg;                        /* for READY */
	bool added;                       /* the loop knows it; the loop's own business */
	bool timer;                       /* FD is a timer of the loop, which closes it */
};

/* Make a loop.  NULL = out of memory or of descriptors. */
[[nodiscard]] struct loop *loop_new(void);
/* Free L; no timer is added any more, what else is is forgotten.  NULL is fine. */
void loop_free(struct loop *l);
/* Call W->ready whenever W->fd is readable or hung up, until loop_remove(), which comes before FD is
 * closed.  One watcher a descriptor; files are none that can be watched.  Fails with THREAD. */
struct err loop_add(struct loop *l, struct watcher *w);
/* Call W->ready after FIRST_MS and then every EVERY_MS (0 = once; it stays added).  Fails with
 * THREAD. */
struct err loop_add_timer(struct loop *l, struct watcher *w, int64_t first_ms, int64_t every_ms);
/* Forget W and, if it is a timer, close it; from inside ready() too; harmless when not added. */
void loop_remove(struct loop *l, struct watcher *w);
/* Wait at most TIMEOUT_MS (-1 = for ever) and call who is ready, each once.  Not from inside ready(). */
void loop_step(struct loop *l, int timeout_ms);
/* The descriptor that is readable when loop_step() has something to do; borrowed. */
int loop_fd(const struct loop *l);

#endif
