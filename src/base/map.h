/* SPDX-License-Identifier: BSD-2-Clause */
/* The one hash map: from 128-bit keys to pointers. */
#ifndef DECANT_MAP_H
#define DECANT_MAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value is filed under, e.g. a device and an inode number.  Every key is valid. */
struct map_key {
	uint64_t hi; /* the upper half; compared and hashed like the lower one */
	uint64_t lo; /* the lower half */
};

/* One place in the table. */
struct map_slot {
	struct map_key key; /* meaningless while VALUE is NULL */
	void *value;        /* borrowed from who put it; NULL = the place is free */
};

/*
 * A map, in the caller's storage.  Owns its table, never the values.  Holds no lock: who shares one
 * guards it; readers alone may share it unguarded.
 */
struct map {
	struct map_slot *slots; /* slots[cap]; NULL until the first put */
	size_t cap;             /* places in the table: 0 or a power of two */
	size_t count;           /* places in use, at most three quarters of CAP */
};

/* Make M an empty map that owns nothing.  Never fails. */
void map_init(struct map *m);
/* Free the table, not the values; M is then as after map_init(). */
void map_release(struct map *m);
/* The value filed under KEY, borrowed, or NULL. */
void *map_get(const struct map *m, struct map_key key);
/*
 * File VALUE, which is not NULL, under KEY; a value already there is forgotten.
 * Fails with MEMORY (ENOMEM); the map is then unchanged.
 */
struct err map_put(struct map *m, struct map_key key, void *value);
/* Remove KEY and return its value, which is the caller's to free, or NULL if there was none. */
void *map_remove(struct map *m, struct map_key key);
/*
 * Step to the next pair, in no order: *CURSOR starts at 0 and is the map's to count.
 * False at the end; *KEY and *VALUE (borrowed) are then untouched.  Putting or removing anything
 * ends the iteration.
 */
bool map_each(const struct map *m, size_t *cursor, struct map_key *key, void **value);

#endif
