/* SPDX-License-Identifier: BSD-2-Clause */
/* A feed as the callbacks of libarchive's readers. */
#ifndef DECANT_SOURCE_H
#define DECANT_SOURCE_H

#include "pipe/archive.h"

#include <archive.h>

/* A feed that a reader of libarchive draws from. */
struct source {
	struct arc_feed *feed; /* borrowed */
	struct err failed;     /* the first failure of FEED */
	int64_t pos;           /* byte of the feed that comes next */
	bool is_cpio;  /* it begins as one: libarchive says so only after the first member */
	bool counts;   /* a header is being read: it ends at LIMIT */
	int64_t limit; /* byte of the feed at which a header is too long */
};

/* Open A over S, whose feed is set.  Returns libarchive's result. */
int source_open(struct source *s, struct archive *a);
/* What A failed with: the failure of the feed if there was one. */
struct err source_failure(const struct source *s, struct archive *a);

#endif
