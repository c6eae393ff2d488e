/* SPDX-License-Identifier: BSD-2-Clause */
/* Content through a buffer of ours: what works where nothing else does, and finds holes. */
#ifndef DECANT_BUFFERED_H
#define DECANT_BUFFERED_H

#include "base/err.h"
#include "engine/observer.h"
#include "thread/pace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* The least zeros, at a multiple of it, that become a hole: the block of ext4, xfs, btrfs
	 * and tmpfs; less would save no space there. */
	HOLE_MIN = 4096
};

/* Memory lent for the time of a call. */
struct block {
	void *mem;   /* the memory, any alignment */
	size_t size; /* its size, > 0 */
};

/* The ends of a copy, and what it is to look after.  Everything is borrowed. */
struct buffered {
	int src;          /* read by offset; its position is not used */
	int64_t shift;    /* added to an offset when SRC is read: the content begins there */
	int dst;          /* written by offset; its position is not used */
	struct block buf; /* what passes through */
	bool holes;       /* leave zeros unwritten; the destination has none but holes there */
	struct observer *observer;   /* sees each buffer; NULL = nobody */
	const struct cancel *cancel; /* asked before each buffer */
	struct pace *pace;           /* how fast may be written; NULL = any */
	_Atomic int64_t *live_bytes; /* counts along for progress; NULL = nobody looks */
};

/* What a copy has achieved; valid after a failure too. */
struct tally {
	int64_t bytes;   /* bytes of the source that are at the destination, holes included */
	int64_t holes;   /* bytes of them that were left unwritten */
	int64_t written; /* end offset of the last byte written, 0 if none was */
};

/*
 * Copy LEN bytes at OFF, or what there is of them: fewer in OUT->bytes is the end of the source.
 * INT64_MAX - OFF copies to the end of the source, wherever it is.
 * Zeros at the end are left unwritten like others: the caller sets the destination's size.
 * Any thread.  Blocks.
 * Fails with READ, WRITE or ECANCELED, at the exact byte for the former two.
 */
struct err buffered_copy(const struct buffered *b, int64_t off, int64_t len, struct tally *out);

/*
 * Write the SIZE bytes of MEM at OFF, by themselves, as buffered_copy() would have: of B only the destination,
 * the holes and the counter matter.  Adds to OUT.  Any thread.  Blocks.  Fails with WRITE, at the byte.
 */
struct err buffered_write(
    const struct buffered *b, const char *mem, size_t size, int64_t off, struct tally *out);

/* Whether the SIZE bytes of MEM, at least one, are all zero.  Pure. */
bool buffered_is_zero(const char *mem, size_t size);

#endif
