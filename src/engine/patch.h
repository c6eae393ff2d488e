/* SPDX-License-Identifier: BSD-2-Clause */
/* Bringing an older copy of a file up to date: only blocks that differ are written. */
#ifndef DECANT_PATCH_H
#define DECANT_PATCH_H

#include "engine/abreast.h"
#include "engine/buffered.h"
#include "engine/observer.h"
#include "thread/pace.h"

#include <stdatomic.h>

enum {
	/* The least and the most that is compared and written as one.  Below the page of the cache
	 * nothing is saved, since that is what reaches the device; above 128 KiB, the record of ZFS
	 * and half a worker's buffer, nothing is either. */
	PATCH_BLOCK_MIN = 4096,
	PATCH_BLOCK_MAX = 128 << 10
};

/* A source, and what is to become like it.  Everything is borrowed. */
struct patching {
	struct abreast_files
	    files;       /* A: the source; B: what DST has had so far, DST itself or what it
	                             * is a clone of; beyond its end it counts as zeros */
	int dst;         /* open for writing, has B's content, and the size that it is to have */
	size_t grain;    /* bytes of a block: patch_grain() */
	bool make_holes; /* zeros become holes where they differ, not only holes do */
	struct observer
	    *observer; /* sees the source's content, all of it and in order; NULL = nobody;
	                              * then FILES.sharing is false, and one call goes from 0 to the end */
	const struct cancel *cancel; /* asked between buffers */
	struct pace *pace;           /* how fast may be written; NULL = as fast as that goes */
	_Atomic int64_t *live_bytes; /* counts along for progress; NULL = nobody looks */
};

/* What was done; valid after a failure too. */
struct patched {
	int64_t bytes;   /* bytes of the source that DST has now */
	int64_t holes;   /* bytes of them that are holes */
	int64_t written; /* bytes of them that were written */
	int64_t freed;   /* bytes of HOLES that were data before */
	bool ended;      /* the source ended early */
	int64_t end;     /* where, if so */
};

/* The block for a file whose file system asks for BLKSIZE (st_blksize).  Pure. */
size_t patch_grain(int64_t blksize);

/*
 * Make [OFF, END) of P->dst what it is in the source, adding to *OUT, which the caller has zeroed.
 * BUF is lent for the time of the call; each side gets a half.  File positions may move.
 * Any thread, and several at once on ranges of one pair.  Blocks.
 * Doing it again, whatever has come between, ends as doing it once: nothing is taken for granted.
 * A source that ends early is no failure: OUT->ended says so.
 * Fails with READ of either side, WRITE, ALLOCATE or ECANCELED; DST then has some of both contents.
 */
struct err patch_range(
    const struct patching *p, int64_t off, int64_t end, struct block buf, struct patched *out);

#endif
