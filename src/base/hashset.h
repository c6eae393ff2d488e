/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of things that are known by a hash of 64 bits alone, in eight bytes each. */
#ifndef DECANT_HASHSET_H
#define DECANT_HASHSET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The set.  Zero-initialize; holds no lock. */
struct hashset {
	uint64_t *slots; /* slots[cap], 0 = free; owned */
	size_t cap;      /* 0 or a power of two */
	size_t count;    /* slots in use */
	bool full;       /* more were added than are remembered */
};

enum {
	/* The most that are remembered: 16 MiB, so that memory stays under 64 MiB whatever the input. */
	HASHSET_MAX = 3 << 19
};

/* Remember HASH, whose bits are all as good as random.  Beyond HASHSET_MAX it is not, and FULL says so.
 * Fails with MEMORY. */
struct err hashset_add(struct hashset *s, uint64_t hash);
/* True when HASH was remembered. */
bool hashset_has(const struct hashset *s, uint64_t hash);
/* Free what S owns, and make it empty. */
void hashset_release(struct hashset *s);

#endif
