/* SPDX-License-Identifier: BSD-2-Clause */
/* --usermap, --groupmap: which owners become which, in rsync's language. */
#ifndef DECANT_IDMAP_H
#define DECANT_IDMAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One rule: numbers LOW to HIGH, or names that PATTERN matches. */
struct id_rule {
	const char *pattern; /* in the map's text; NULL = numbers */
	int64_t low, high;   /* numbers, inclusive */
	id_t to;             /* what they become */
};

/* Rules, the first that fits counts.  Zero-initialize; const once it was read. */
struct id_map {
	struct id_rule *rules; /* [n]; owned */
	size_t n;
	char *text; /* owned */
	bool group; /* it is about groups */
};

/*
 * Read TEXT, "FROM:TO" joined by commas, into M, which is empty.  FROM is a name, a pattern of names ("" =
 * who has none), a number or a range of them; TO a name or a number.
 * Fails with REFUSE (EINVAL), *CULPRIT being the part in question, in M; or MEMORY.  M needs its release.
 */
struct err id_map_read(struct id_map *m, const char *text, bool group, const char **culprit);
/* Have every owner become TO, a name or a number.  Likewise. */
struct err id_map_all(struct id_map *m, const char *to, bool group);
/* What becomes of owner ID.  Asks the system's databases where rules are about patterns; any thread. */
id_t id_map_apply(const struct id_map *m, id_t id);
/* Free what M owns. */
void id_map_release(struct id_map *m);

#endif
