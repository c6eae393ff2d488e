/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands at the destination of an entry, and making way for what is to come. */
#ifndef DECANT_TARGET_H
#define DECANT_TARGET_H

#include "run/run.h"

#include <limits.h>

/* What is at the destination of an entry and what is to be done. */
struct target {
	struct dest dest;     /* what is there */
	struct action action; /* what to do */
	bool through;     /* an operand's destination is a symbolic link that is written through */
	dev_t src_dev;    /* device of the source, which no backup may overwrite */
	ino_t src_ino;    /* its inode */
	unsigned differs; /* what was found different, where the run compares: enum differs */
	bool seen;        /* it was compared by content, and W's digests are of that */
	const struct basis_opt *basis; /* an earlier tree has what is to be there; NULL = none */
	int basis_dir; /* the directory there, open if BASIS is set; places_forget() */
	bool linked;   /* the saved file is a second name of what has the first one still */
	char backup[NAME_MAX + 1]; /* name of the saved file, "" = none */
};

/* Look at E's destination and decide, for a source with ST.  KNOWN_ABSENT saves the look.
 * Fails with STAT; asks on the terminal with -i. */
struct err target_decide(struct worker *w, const struct entry *e, const struct stat *st,
    bool known_absent, struct target *t);
/* Make way for a new name as T says: save or remove what is there. */
struct err target_clear(struct worker *w, const struct entry *e, struct target *t);
/* As target_clear() with a backup, but what is there keeps its name as well; nothing to do without
 * one.  The caller moves the new file over it. */
struct err target_save(struct worker *w, const struct entry *e, struct target *t);
/* Put a saved file back after the new one failed. */
void target_restore(const struct entry *e, const struct target *t);

#endif
