/* SPDX-License-Identifier: BSD-2-Clause */
/* Open addressing with linear probing; a removal closes its gap, so probes never grow with age. */
#include "base/map.h"

#include "base/own.h"

#include <errno.h>

enum {
	MAP_CAP_MIN = 64, /* chosen: 1.5 KiB, so that a map in use rarely grows at once; 2^n */
};

/* Where the search for KEY starts.  Keys are often dense counters in both halves, so each bit is
 * spread by a multiplication with an odd constant (2^64 / golden ratio; its bits are patternless)
 * and folded back into the low bits, which are those that the table uses. */
static size_t
map_home(struct map_key key, size_t cap)
{
	const uint64_t spread = 0x9e3779b97f4a7c15U;
	uint64_t h = key.hi * spread;

	h = ((h ^ (h >> 32)) + key.lo) * spread;
	h = (h ^ (h >> 29)) * spread;
	return (size_t)(h ^ (h >> 32)) & (cap - 1);
}

static bool
key_equals(struct map_key a, struct map_key b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

/* The place of KEY, or the free place where it belongs.  The table always has a free place. */
static struct map_slot *
map_find(const struct map *m, struct map_key key)
{
	size_t i = map_home(key, m->cap);

	while (m->slots[i].value != NULL && !key_equals(m->slots[i].key, key))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static struct err
map_grow(struct map *m)
{
	struct map larger = { .cap = m->cap == 0 ? MAP_CAP_MIN : m->cap * 2, .count = m->count };

	larger.slots = calloc(larger.cap, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < m->cap; i++) {
		if (m->slots[i].value != NULL)
			*map_find(&larger, m->slots[i].key) = m->slots[i];
	}
	free(m->slots);
	*m = larger;
	return ERR_OK;
}

void
map_init(struct map *m)
{
	*m = (struct map){ 0 };
}

void
map_release(struct map *m)
{
	free(m->slots);
	map_init(m);
}

void *
map_get(const struct map *m, struct map_key key)
{
	return m->cap == 0 ? NULL : map_find(m, key)->value;
}

struct err
map_put(struct map *m, struct map_key key, void *value)
{
	BUG_ON(value == NULL);
	if (m->count >= m->cap / 4 * 3 && map_get(m, key) == NULL)
		TRY(map_grow(m));

	struct map_slot *slot = map_find(m, key);
	if (slot->value == NULL)
		m->count++;
	*slot = (struct map_slot){ .key = key, .value = value };
	return ERR_OK;
}

void *
map_remove(struct map *m, struct map_key key)
{
	if (map_get(m, key) == NULL)
		return NULL;

	struct map_slot *found = map_find(m, key);
	void *value = found->value;
	size_t mask = m->cap - 1;
	size_t gap = (size_t)(found - m->slots);

	/* Whatever would not be found any more past the gap moves into it and leaves a new one. */
	for (size_t i = (gap + 1) & mask; m->slots[i].value != NULL; i = (i + 1) & mask) {
		size_t from_home = (i - map_home(m->slots[i].key, m->cap)) & mask;
		if (from_home >= ((i - gap) & mask)) {
			m->slots[gap] = m->slots[i];
			gap = i;
		}
	}
	m->slots[gap].value = NULL;
	m->count--;
	return value;
}

bool
map_each(const struct map *m, size_t *cursor, struct map_key *key, void **value)
{
	while (*cursor < m->cap) {
		const struct map_slot *slot = &m->slots[(*cursor)++];
		if (slot->value != NULL) {
			*key = slot->key;
			*value = slot->value;
			return true;
		}
	}
	return false;
}
