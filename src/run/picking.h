/* SPDX-License-Identifier: BSD-2-Clause */
/* Which members of an archive a verb is about: operands behind the archive, --include and --exclude. */
#ifndef DECANT_PICKING_H
#define DECANT_PICKING_H

#include "tree/filter.h"
#include "tree/glob.h"

/* One operand. */
struct pick {
	struct glob glob; /* the pattern */
	bool used;        /* something matched */
};

/* What is picked.  One thread. */
struct picking {
	struct pick *picks;          /* [n]; owned */
	size_t n;                    /* 0 = everything */
	char **texts;                /* the operands [n]; borrowed */
	const struct filter *filter; /* what is left out, or NULL; borrowed */
};

/* Prepare P.  Fails with MEMORY; P needs its release in any case. */
struct err picking_init(struct picking *p, char **texts, size_t n, const struct filter *filter);
/* Whether PATH[len], "a/b/c", is to be unpacked: an operand matches it or a directory that it is in, and
 * no rule leaves out either. */
bool picking_wants(struct picking *p, const char *path, size_t len, bool is_dir);
/* Free what P owns. */
void picking_release(struct picking *p);

#endif
