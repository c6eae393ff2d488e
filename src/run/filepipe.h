/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file's content passes on its way, beyond the engine's ladder: commands, then digests. */
#ifndef DECANT_FILEPIPE_H
#define DECANT_FILEPIPE_H

#include "run/run.h"

/* One worker's: it drives a pipeline for each file.  A run without commands has none. */
struct filepipe;

/* How the command failed that failed last. */
struct filepipe_failure {
	struct str words;   /* "stage 'gzip -9' exited with status 1: ..." */
	const char *result; /* in one word, as JSON has it; static storage */
	int code;           /* exit status or signal that RESULT speaks of */
};

/* An open file, where its content is to go, and what both are called. */
struct filepipe_ends {
	int src;               /* to be read from its beginning */
	const struct stat *st; /* fstat of it */
	int dst;               /* to be filled; what it has is dropped */
	const char *src_path;  /* for the commands: DECANT_SRC */
	const char *dst_path;  /* DECANT_DST */
};

/* Make one for RUN, borrowed, whose request has commands.  NULL = out of memory or of descriptors. */
[[nodiscard]] struct filepipe *filepipe_new(struct run *run);
/* Free P.  NULL is fine. */
void filepipe_free(struct filepipe *p);
/* Descriptors that a worker needs for the stages of REQUEST, beside those of the file. */
int filepipe_descriptors(const struct request *request);
/*
 * Pass the content of a file through the commands.  Their digests, if any are wanted, are appended to
 * HASH, as hashing_text() has them.  The worker's thread; blocks.
 * Fails with STAGE when a command did, filepipe_failure() says how; with what an end failed with;
 * with ECANCELED.  The destination's content is unspecified then.
 */
struct err filepipe_pass(
    struct filepipe *p, const struct filepipe_ends *ends, struct str *hash, struct moved *out);
/* How the last command failed, after a failure with STAGE; valid until the next pass. */
const struct filepipe_failure *filepipe_failure(const struct filepipe *p);

/* Append what --explain prints of the pipeline that each file of REQUEST goes through: "file | hash xxh128 |
 * file     links: read, fused, write".  Fails with MEMORY. */
struct err filepipe_explain(const struct request *request, struct str *out);

#endif
