/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The planner: from two ends and the stages between to who runs what and how they are joined.
 *
 * Pure.  What runs are parts: commands, functions, and movers that are put in where nobody else could
 * show the bytes to taps, or where there is nobody else at all.  n parts have n + 1 joints; taps and
 * left-out stages belong to the joint where they stand.  A function shows taps what it writes or reads,
 * unless it must have the descriptor itself.  A stage without a neighbor, the end being NONE, is
 * joined by LINK_NONE whatever it would like: it reads nothing, or writes for nobody.
 *
 *     file | hash | cmd zstd | file         4 pieces
 *     file --> mover --[hash]--> zstd --> file
 *          read     fused, write      pass
 */
#ifndef DECANT_LAYOUT_H
#define DECANT_LAYOUT_H

#include "base/str.h"
#include "pipe/link.h"
#include "pipe/stage.h"

/* Something at an outer end of a pipeline, as the planner sees it. */
struct layout_end {
	enum want kind;   /* FILE, FD, MEM (a capture in memory), or NONE: nothing there */
	const char *name; /* for --explain, e.g. "file" or "stdin"; borrowed */
};

/* What is laid out.  Everything is borrowed. */
struct layout_pieces {
	struct layout_end source;    /* where bytes come from */
	struct stage *const *stages; /* [n_stages], first to last */
	size_t n_stages;             /* may be 0: an identity copy */
	struct layout_end sink;      /* where they go */
};

/* Something that runs. */
struct layout_part {
	struct stage *stage; /* borrowed; NULL = a mover, which the pipeline makes */
	bool stable;         /* a mover that must not splice */
};

/* What is between two parts, or between a part and an end. */
struct layout_joint {
	enum link link;   /* how they are joined */
	size_t first_tap; /* index of the first stage of this joint among the pieces */
	size_t n_taps;    /* stages in this joint: taps, and identities that are left out */

	enum {
		TAPS_NONE,   /* there are none */
		TAPS_ON_OUT, /* the left part shows them what it writes */
		TAPS_ON_IN   /* the right part shows them what it reads */
	} taps;              /* who feeds the taps */
};

/* Who runs what, and how they are joined. */
struct layout {
	struct layout_part
	    *parts;     /* [n_parts], owned; at least one unless there is nothing to do */
	size_t n_parts; /* number of them */
	struct layout_joint *joints; /* [n_parts + 1], owned */
};

/* Why pieces cannot be laid out. */
struct layout_fault {
	size_t stage;       /* index of the stage to blame */
	const char *stream; /* "stdin" or "stdout" */
	const char *why;    /* e.g. "takes no input", static storage */
};

/*
 * Lay PIECES out into L, which layout_release() frees whatever the result.
 * Fails with REFUSE and EINVAL, FAULT saying why: a stage has a neighbor where it takes or makes nothing,
 * or must have a regular file and has none.  Else fails with MEMORY.
 */
struct err layout_make(
    const struct layout_pieces *pieces, struct layout *l, struct layout_fault *fault);
/* Free what L owns. */
void layout_release(struct layout *l);
/* Append what --explain prints, one line without its end: "file | hash xxh128 | file     links: read,
 * fused, write". */
void layout_explain(const struct layout_pieces *pieces, const struct layout *l, struct str *out);
/* Append one line a joint, each ended by '\n': what is joined, the ports, the link and why. */
void layout_explain_joints(
    const struct layout_pieces *pieces, const struct layout *l, struct str *out);

#endif
