/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of descriptors to wait for together, and timers that are descriptors. */
#ifndef DECANT_WAITSET_H
#define DECANT_WAITSET_H

#include "base/err.h"

/* Make an empty set; *SET is close-on-exec.  Fails with THREAD. */
struct err waitset_make(int *set);
/* Put FD into SET, for WHO, which is not NULL: readable or hung up.  Fails with THREAD: EPERM for what
 * cannot be waited for, such as files, EEXIST for what is in SET. */
struct err waitset_add(int set, int fd, void *who);
/* Take FD out of SET; harmless when it is not in it. */
void waitset_remove(int set, int fd);
/*
 * Wait until some of SET are ready, or TIMEOUT_MS have passed (-1 = for ever): who they are goes to
 * WHO[cap], CAP at most 16, and their number is returned.  Those that find no room come first the
 * next time.
 */
size_t waitset_wait(int set, void **who, size_t cap, int timeout_ms);

/* Make a timer, readable after FIRST_MS and then every EVERY_MS, 0 = once; *FD is close-on-exec.
 * Fails with THREAD. */
struct err waitset_timer(int *fd, int64_t first_ms, int64_t every_ms);
/* Make FD, a timer, unreadable until it is due again. */
void waitset_timer_take(int fd);

#endif
