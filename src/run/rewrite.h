/* SPDX-License-Identifier: BSD-2-Clause */
/* Modes and owners that a sync gives instead of the source's. */
#ifndef DECANT_REWRITE_H
#define DECANT_REWRITE_H

#include "run/idmap.h"
#include "tree/modechange.h"

#include <sys/stat.h>

struct run;

/* What is rewritten.  Zero-initialize. */
struct rewrite {
	struct mode_changes modes; /* --chmod */
	struct id_map users;       /* --usermap, --chown */
	struct id_map groups;      /* --groupmap, --chown */
	bool chown;                /* --chown was given */
	bool users_mapped;         /* --usermap was */
	bool groups_mapped;        /* --groupmap was */
};

/* Have ST, of a source, say what the destination is to have.  Harmless in runs that are no sync. */
void rewrite_stat(const struct run *run, struct stat *st);
/* Free what R owns. */
void rewrite_release(struct rewrite *r);

#endif
