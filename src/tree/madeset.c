/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of fingerprints of device and inode. */
#include "tree/madeset.h"

#include <xxhash.h>

static uint64_t
fingerprint(const struct stat *st)
{
	const uint64_t key[2] = { st->st_dev, st->st_ino };

	return XXH3_64bits(key, sizeof key);
}

struct err
madeset_add(struct madeset *s, const struct stat *st)
{
	return hashset_add(&s->files, fingerprint(st));
}

bool
madeset_has(const struct madeset *s, const struct stat *st)
{
	return hashset_has(&s->files, fingerprint(st));
}

void
madeset_release(struct madeset *s)
{
	hashset_release(&s->files);
}
