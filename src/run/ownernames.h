/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of owners, each asked for once a run: the databases may be on a network. */
#ifndef DECANT_OWNERNAMES_H
#define DECANT_OWNERNAMES_H

#include "base/map.h"

/* Names found so far.  Zero-initialize; one thread at a time. */
struct owner_names {
	struct map found; /* from numbers to names, owned; "" = it has none */
};

/* The name of user (or GROUP) ID, borrowed until the release; NULL = it has none. */
const char *owner_names_get(struct owner_names *o, uint32_t id, bool group);
/* Free what O owns. */
void owner_names_release(struct owner_names *o);

#endif
