/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages that pack and unpack a stream, by the module of archives. */
#ifndef DECANT_SQUEEZE_H
#define DECANT_SQUEEZE_H

#include "pipe/archive.h"
#include "pipe/stage.h"

/* What such a stage does; copied. */
struct squeeze {
	const struct arc_module *module; /* static storage */
	const char *name;                /* for people; copied */
	enum arc_filter filter;          /* by what, not ARC_PLAIN */
	bool packs;                      /* else it unpacks */
	int level;                       /* of packing, or ARC_LEVEL_DEFAULT */
};

/* Make a stage of S.  NULL = out of memory. */
[[nodiscard]] struct stage *squeeze_new(const struct squeeze *s);

#endif
