/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of hashes, by open addressing. */
#include "base/hashset.h"

#include <errno.h>
#include <stdlib.h>

/* The slot of H, or the free one where it belongs. */
static uint64_t *
find(const struct hashset *s, uint64_t h)
{
	size_t i = (size_t)h & (s->cap - 1);

	while (s->slots[i] != 0 && s->slots[i] != h)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

/* A slot that is 0 is free. */
static uint64_t
as_stored(uint64_t hash)
{
	return hash != 0 ? hash : 1;
}

static struct err
grow(struct hashset *s)
{
	struct hashset bigger = { .cap = s->cap == 0 ? 1024 : s->cap * 2, .count = s->count };

	bigger.slots = calloc(bigger.cap, sizeof bigger.slots[0]);
	if (bigger.slots == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < s->cap; i++) {
		if (s->slots[i] != 0)
			*find(&bigger, s->slots[i]) = s->slots[i];
	}
	free(s->slots);
	*s = bigger;
	return ERR_OK;
}

struct err
hashset_add(struct hashset *s, uint64_t hash)
{
	uint64_t h = as_stored(hash);

	if (hashset_has(s, h))
		return ERR_OK;
	if (s->count == HASHSET_MAX) {
		s->full = true;
		return ERR_OK;
	}
	if (s->count >= s->cap / 4 * 3)
		TRY(grow(s));
	*find(s, h) = h;
	s->count++;
	return ERR_OK;
}

bool
hashset_has(const struct hashset *s, uint64_t hash)
{
	return s->cap > 0 && *find(s, as_stored(hash)) != 0;
}

void
hashset_release(struct hashset *s)
{
	free(s->slots);
	*s = (struct hashset){ 0 };
}
