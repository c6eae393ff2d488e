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
	MOVED_BY_LADDER,   /* a whole file to an empty one: the engine */
	MOVED_BY_RANGE,    /* file to file, from where they stand: copy_file_range */
	MOVED_BY_SENDFILE, /* file to socket */
	MOVED_BY_SPLICE,   /* one end is a pipe */
	MOVED_BY_SPLICES,  /* through a pooled pipe */
	MOVED_BY_BUFFER,   /* read and write */
	MOVED_BY_N         /* number of them */
};

/* What a mover needs and tells.  The caller's storage, borrowed by the stage until its verdict. */
struct mover {
	const struct engine *engine; /* for file to file; NULL = no ladder */
	struct pipepool *pipes;      /* pipes to splice through; NULL = none */
	bool keeps_pages;      /* a neighbor wants stable bytes: no means but a copy of ours */
	_Atomic int64_t *live; /* counts along for progress; NULL = nobody looks */
	enum moved_by by;      /* set when it has ended: the last means */
	int64_t bytes;         /* bytes moved */
};

/*
 * Make a mover: what can be read from where its input stands goes to where its output stands, and
 * both stand behind it afterwards, as cat(1) leaves them.  A means that refuses is followed by the
 * next one at the exact byte.  It fails with what a means failed with, OP_REFUSE for a file that
 * would grow by its own content, or ECANCELED.
 * M is borrowed.  NULL = out of memory.
 */
[[nodiscard]] struct stage *mover_new(struct mover *m);
/* The name of B as --explain prints it, e.g. "splice"; static storage. */
const char *moved_by_name(enum moved_by b);

#endif
