/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of fingerprints of device and inode, by open addressing. */
#include "tree/madeset.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

static uint64_t
fingerprint(const struct stat *st)
{
	const uint64_t key[2] = { st->st_dev, st->st_ino };
	uint64_t h = XXH3_64bits(key, sizeof key);

	return h != 0 ? h : 1;
}

/* The slot of H, or the free one where it belongs. */
static uint64_t *
find(const struct madeset *s, uint64_t h)
{
	size_t i = (size_t)h & (s->cap - 1);

	while (s->slots[i] != 0 && s->slots[i] != h)
		i = (i + 1) & (s->cap - 1);
	return &s->slots[i];
}

static struct err
grow(struct madeset *s)
{
	struct madeset bigger = { .cap = s->cap == 0 ? 1024 : s->cap * 2, .count = s->count };

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
madeset_add(struct madeset *s, const struct stat *st)
{
	uint64_t h = fingerprint(st);

	if (s->count == MADESET_MAX) {
		s->full = true;
		return ERR_OK;
	}
	if (s->count >= s->cap / 4 * 3)
		TRY(grow(s));
	uint64_t *slot = find(s, h);
	s->count += *slot == 0;
	*slot = h;
	return ERR_OK;
}

bool
madeset_has(const struct madeset *s, const struct stat *st)
{
	return s->cap > 0 && *find(s, fingerprint(st)) != 0;
}

void
madeset_release(struct madeset *s)
{
	free(s->slots);
	*s = (struct madeset){ 0 };
}
