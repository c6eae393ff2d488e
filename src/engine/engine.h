/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder: one file's content by the cheapest means that its pair of file systems allows. */
#ifndef DECANT_ENGINE_H
#define DECANT_ENGINE_H

#include "base/err.h"
#include "base/moved.h"
#include "engine/buffered.h"
#include "engine/observer.h"
#include "engine/refusals.h"
#include "thread/pace.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/stat.h>

/* When to use a means that may be used or not. */
enum when {
	WHEN_AUTO,   /* where it pays */
	WHEN_ALWAYS, /* or fail */
	WHEN_NEVER,  /* not at all */
};

/* The options that the engine obeys; const once the run starts. */
struct engine_opts {
	enum when
	    reflink; /* share extents: always = its refusal is the error; never = every byte is
	                    * copied, so copy_file_range, which may share, is out as well */
	enum when
	    sparse; /* holes: auto = where the source has them; always = wherever it has blocks
	                    * of zeros; never = none */
};

/* What all copies of a run have in common.  Borrowed by every call; shared by the workers. */
struct engine {
	const struct engine_opts *opts; /* what was asked for */
	struct refusals *refusals;      /* what is known not to work */
	const struct cancel *cancel;    /* asked between ranges of at most 64 MiB */
	struct pace *pace; /* how fast may be written; clones write nothing; NULL = any */
};

/* One file to be copied.  Everything is borrowed. */
struct engine_file {
	int src;                     /* regular file, open for reading */
	const struct stat *st;       /* fstat of it; of a part, see engine_part_of() */
	int64_t src_off;             /* where the content begins in SRC; 0 unless it is a part */
	int dst;                     /* empty regular file, open for writing without O_APPEND */
	dev_t dst_dev;               /* st_dev of it */
	_Atomic int64_t *live_bytes; /* counts along for progress; NULL = nobody looks */
	struct observer *observer;   /* sees the content that DST gets; NULL = nobody */
};

/*
 * Copy the content of F->src to F->dst, holes as the options say, by the first means that works.
 * BUF is lent for the time of the call.  File positions may move.
 * Any thread; not two calls on one destination.  Blocks.
 * A source that has become shorter is no failure: OUT->bytes is what was there.  One that grows is
 * copied to its size in F->st.  The caller compares with a later fstat of it, which is the only way
 * to notice all changes.
 * An observer sees what is written, never what the source may be by then: a clone is read again from
 * DST, anything else passes through BUF and no other means is used.
 * OUT->holes is 0 after a clone, which shares the holes with the rest.
 * Fails with CLONE, COPY_RANGE, SENDFILE, SEEK, READ, WRITE, TRUNCATE, ALLOCATE or ECANCELED; DST's
 * content is then unspecified beyond the first OUT->bytes bytes, and its size too.
 */
struct err engine_copy(
    const struct engine *e, const struct engine_file *f, struct block buf, struct moved *out);

/*
 * Make PART what F->st is for LEN bytes within a file with the attributes WHOLE, as of a member in
 * an archive: no holes, and its blocks can be shared where it begins at a block of the file system.
 */
void engine_part_of(struct stat *part, const struct stat *whole, int64_t len);

#endif
