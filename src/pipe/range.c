/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that lets a part of the bytes pass; a limit is a range from the first byte on. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"

#include <inttypes.h>

/* The tap. */
struct range {
	struct tap tap;
	int64_t skip; /* bytes to keep back before any pass */
	int64_t left; /* bytes to let pass then */
};

static struct err
range_feed(struct stage *s, struct span *span)
{
	struct range *r = (struct range *)s;
	size_t skipped = span->len;

	if (r->skip < (int64_t)skipped)
		skipped = (size_t)r->skip;
	r->skip -= (int64_t)skipped;
	span->bytes += skipped;
	span->len -= skipped;
	if (r->left < (int64_t)span->len)
		span->len = (size_t)r->left;
	r->left -= (int64_t)span->len;
	/* Said with the last byte, so that nobody waits for one more. */
	if (r->left == 0) {
		span->enough = true;
		r->tap.enough = true;
	}
	return ERR_OK;
}

static const struct stage_ops range_ops = {
	.ports = tap_ports,
	.start = stage_start_tap,
	.feed = range_feed,
	.end = tap_end_nothing,
	.stop = stage_stop_nothing,
	.verdict = tap_verdict,
	.leader = stage_no_leader,
	.free = tap_free,
};

static struct stage *
range_from(struct range *r, int64_t off, int64_t len)
{
	if (r == NULL)
		return NULL;
	r->skip = off;
	r->left = len;
	return &r->tap.stage;
}

struct stage *
tap_limit_new(int64_t bytes)
{
	struct range *r = tap_new(&range_ops, sizeof(*r), "limit %" PRId64, bytes);
	return range_from(r, 0, bytes);
}

struct stage *
tap_range_new(int64_t off, int64_t len)
{
	struct range *r = tap_new(&range_ops, sizeof(*r), "range %" PRId64 " %" PRId64, off, len);
	return range_from(r, off, len);
}
