/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of fingerprints of paths. */
#include "tree/pathset.h"

#include <string.h>
#include <xxhash.h>

struct err
pathset_add(struct pathset *s, const char *path, size_t len)
{
	/* where a path is known, so are its directories */
	while (len > 0 && !pathset_has(s, path, len)) {
		TRY(hashset_add(&s->paths, XXH3_64bits(path, len)));
		if (s->paths.full)
			return ERR_OK;
		const char *slash = memrchr(path, '/', len);
		len = slash != NULL ? (size_t)(slash - path) : 0;
	}
	return ERR_OK;
}

bool
pathset_has(const struct pathset *s, const char *path, size_t len)
{
	return hashset_has(&s->paths, XXH3_64bits(path, len));
}

void
pathset_release(struct pathset *s)
{
	hashset_release(&s->paths);
}
