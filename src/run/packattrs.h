/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file's status and the options make of a member of an archive. */
#ifndef DECANT_PACKATTRS_H
#define DECANT_PACKATTRS_H

#include "run/ownernames.h"
#include "run/packitem.h"

#include <pthread.h>

struct pack_opts;

/* What members are made by; shared by all who make some. */
struct pack_attrs {
	const struct pack_opts *opts; /* what was asked for; borrowed */
	unsigned can;                 /* bits of enum arc_can: what the format can hold */
	pthread_mutex_t lock;         /* for what follows */
	struct owner_names owners;    /* guarded by LOCK; the names themselves stay */
};

/* Make A for OPTS, borrowed. */
void pack_attrs_init(struct pack_attrs *a, const struct pack_opts *opts);
/* Free what A owns. */
void pack_attrs_release(struct pack_attrs *a);
/* True when the file of ST may come again under another name, as a hard link. */
bool pack_has_names(const struct pack_attrs *a, const struct stat *st);
/* The member called NAME that ITEM becomes, were it the only name of its file; borrows from both, from
 * A and from RECENT, which is one thread's.  Any thread. */
void pack_attrs_fill(struct pack_attrs *a, struct pack_recent *recent, const struct pack_item *item,
    const struct str *name, struct arc_member *m);

#endif
