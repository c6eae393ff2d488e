/* SPDX-License-Identifier: BSD-2-Clause */
/* --verify: what was written is read back and compared with what was read. */
#ifndef DECANT_READBACK_H
#define DECANT_READBACK_H

#include "run/run.h"

/* How a file was read back, for its event; static storage. */
extern const char readback_cold[];   /* from the device */
extern const char readback_cached[]; /* perhaps from the page cache */
extern const char readback_shared[]; /* not at all: its blocks are the source's */

/*
 * Read back DST, open for writing, a file of device DEV that W has just written and taken the digest of, and
 * compare the digests.  *HOW says how, one of the above.  With --verify=cold its data is durable afterwards.
 * *SAME is false when the content is another one, or cannot be read at all.
 * Fails with OPEN, STAT, READ or SYNC of the destination.
 */
struct err readback(struct worker *w, int dst, dev_t dev, const char **how, bool *same);

#endif
