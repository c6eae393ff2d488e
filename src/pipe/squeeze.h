/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages that pack and unpack a stream, by the module of archives. */
#ifndef DECANT_SQUEEZE_H
#define DECANT_SQUEEZE_H

#include "pipe/pieces.h"
#include "pipe/stage.h"

/* What such a stage does; copied. */
struct squeeze {
	const struct arc_module *module; /* static storage */
	const char *name;                /* for people; copied */
	enum arc_filter filter;          /* by what, not ARC_PLAIN */
	bool packs;                      /* else it unpacks */
	int level;                       /* of packing, or ARC_LEVEL_DEFAULT */
	unsigned
	    threads; /* that pack: in pieces, where FILTER can, and else of its library; 0 = one
	                    * stream, which goes on as it comes */
	bool reproducible; /* nothing depends on the number of THREADS */
	bool index;        /* with ZSTD and threads: pieces at every level, and where they stand */
	char *text; /* ARC_TEXT bytes, borrowed: what is said of the stage's own failure; or NULL */
};

/* Whether S packs in pieces, and *HOW: who has the stream at hand can do without the stage. */
bool squeeze_in_pieces(const struct squeeze *s, struct pieces_how *how);
/* Make a stage of S.  NULL = out of memory. */
[[nodiscard]] struct stage *squeeze_new(const struct squeeze *s);

#endif
