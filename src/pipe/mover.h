/* SPDX-License-Identifier: BSD-2-Clause */
/* The stage between two descriptors that no other stage serves: bytes by the kernel, or past taps. */
#ifndef DECANT_MOVER_H
#define DECANT_MOVER_H

#include "engine/engine.h"
#include "pipe/pipepool.h"
#include "pipe/stage.h"

/* How a mover moved. */
enum moved_by {
	MOVED_BY_NOTHING,  /* nothing had to move */
	MOVED_BY_LADDER,   /* file to file: the engine */
	MOVED_BY_SENDFILE, /* file to socket or pipe */
	MOVED_BY_SPLICE,   /* one end is a pipe */
	MOVED_BY_SPLICES,  /* through a pooled pipe */
	MOVED_BY_BUFFER,   /* read and write */
};

/* What a mover needs and tells.  The caller's storage, borrowed by the stage until its verdict. */
struct mover {
	const struct engine *engine; /* for file to file; NULL = no ladder */
	struct pipepool *pipes;      /* pipes to splice through; NULL = none */
	bool
	    keeps_pages; /* a neighbor wants stable bytes: no splice, no sendfile; a copy of ours */
	enum moved_by by; /* set when it has ended: the last means */
	int64_t bytes;    /* bytes moved */
};

/* Make a mover.  M is borrowed.  NULL = out of memory. */
[[nodiscard]] struct stage *mover_new(struct mover *m);
/* The name of B as --explain prints it, e.g. "splice"; static storage. */
const char *moved_by_name(enum moved_by b);

#endif
