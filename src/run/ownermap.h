/* SPDX-License-Identifier: BSD-2-Clause */
/* --owner-map: owners in an archive, and whom files are to belong to instead. */
#ifndef DECANT_OWNERMAP_H
#define DECANT_OWNERMAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One owner to be replaced by another. */
struct owner_rule {
	bool group;           /* it is about groups */
	const char *old_name; /* whom it is about, in the map's text */
	int64_t old_id;       /* likewise if OLD_NAME is a number; else -1 */
	int64_t new_id;       /* what it becomes */
};

/* A map.  Zero-initialize. */
struct owner_map {
	struct owner_rule *rules; /* [n]; owned */
	size_t n;
	char *text; /* owned */
};

/*
 * Read TEXT: "OLD=NEW" for users and ":OLD=NEW" or ":OLD=:NEW" for groups, each a name or a number, joined by commas.
 * Fails with REFUSE (EINVAL), *CULPRIT being the part in question, in M; or MEMORY.  M needs its release.
 */
struct err owner_map_read(struct owner_map *m, const char *text, const char **culprit);
/* What becomes of owner ID, called NAME (NULL = not known): a number, or -1 = the map does not say. */
int64_t owner_map_find(const struct owner_map *m, const char *name, int64_t id, bool group);
/* Free what M owns. */
void owner_map_release(struct owner_map *m);

#endif
