/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of owners, kept. */
#include "run/ownernames.h"

#include "sys/owner.h"

#include <stdlib.h>
#include <string.h>

const char *
owner_names_get(struct owner_names *o, uint32_t id, bool group)
{
	struct map_key key = { .hi = group, .lo = id };
	char *name = map_get(&o->found, key);

	if (name == NULL) {
		char found[OWNER_NAME];
		owner_name(id, group, found);
		name = strdup(found);
		if (name == NULL)
			return NULL;
		if (err_failed(map_put(&o->found, key, name))) {
			free(name);
			return NULL;
		}
	}
	return name[0] != '\0' ? name : NULL;
}

void
owner_names_release(struct owner_names *o)
{
	struct map_key key;
	size_t cursor = 0;
	void *name;

	while (map_each(&o->found, &cursor, &key, &name))
		free(name);
	map_release(&o->found);
}
