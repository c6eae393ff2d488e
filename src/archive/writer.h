/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's writers, and what streams without members share with them. */
#ifndef DECANT_WRITER_H
#define DECANT_WRITER_H

#include "pipe/archive.h"

#include <archive.h>

/* What module.c exports of writer.c. */
extern const struct arc_writing writer_ops;

/* A drain as libarchive's callbacks, with small writes gathered. */
struct outflow {
	struct arc_drain *drain; /* borrowed */
	struct err failed;       /* the first failure of DRAIN; libarchive is not told */
	char *block;             /* ARC_BLOCK_SIZE bytes, owned */
	size_t end;              /* bytes in BLOCK */
	bool mute;               /* drop what comes: somebody else writes it */
};

/* Have the block.  False = out of memory. */
bool outflow_init(struct outflow *o, struct arc_drain *drain);
/* Free what O owns. */
void outflow_release(struct outflow *o);
/* Open A to O.  Returns libarchive's result. */
int outflow_open(struct outflow *o, struct archive *a);
/* Put into the drain what was gathered; fails as that does. */
struct err outflow_flush(struct outflow *o);
/* What A failed with: the failure of the drain if there was one. */
struct err outflow_failure(const struct outflow *o, struct archive *a);

/* Add OPTIONS' compression to A.  Returns libarchive's result. */
int add_filter(struct archive *a, const struct arc_write_options *options);

#endif
