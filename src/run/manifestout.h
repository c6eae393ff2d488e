/* SPDX-License-Identifier: BSD-2-Clause */
/* The manifest that a run writes beside what it is for. */
#ifndef DECANT_MANIFESTOUT_H
#define DECANT_MANIFESTOUT_H

#include "run/ledger.h"
#include "run/outfile.h"

/* A manifest in the making; MANIFESTOUT_INIT = none. */
struct manifestout {
	const char *path;      /* as it was typed, borrowed */
	struct inodes *inodes; /* of files with several names, owned */
	struct outfile file;   /* it, until it appears */
};

#define MANIFESTOUT_INIT ((struct manifestout){ .file = { .fd = -1, .dir = -1 } })

/* Begin the manifest PATH of RUN, of entries with digests by ALGOS; ROOTED and IDENTIFIED as in struct
 * ledger_opts.  From now on the run has a ledger.  Fails with MEMORY, or as outfile_begin() does. */
struct err manifestout_begin(struct manifestout *m, struct run *run, const char *path,
    const struct hash_algos *algos, bool rooted, bool identified);
/* Let it appear, if there is one and the run was not stopped: it would be of half a tree.  SYNC: on disk.
 * What fails is told.  The workers are done. */
void manifestout_publish(struct manifestout *m, struct run *run, bool sync);
/* Free what M owns, and RUN's ledger. */
void manifestout_release(struct manifestout *m, struct run *run);

#endif
