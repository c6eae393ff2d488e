/* SPDX-License-Identifier: BSD-2-Clause */
/* Which paths there are in a tree that is met in any order, in eight bytes each. */
#ifndef DECANT_PATHSET_H
#define DECANT_PATHSET_H

#include "base/hashset.h"

/* The set.  Zero-initialize; holds no lock. */
struct pathset {
	struct hashset paths; /* by their bytes; FULL: there were more than are remembered */
};

/* Remember PATH[len], "a/b/c", and the directories that it is in.  Fails with MEMORY. */
struct err pathset_add(struct pathset *s, const char *path, size_t len);
/* True when PATH[len] was remembered; wrong once in 2^40 or less. */
bool pathset_has(const struct pathset *s, const char *path, size_t len);
/* Free what S owns, and make it empty. */
void pathset_release(struct pathset *s);

#endif
