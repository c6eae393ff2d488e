/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that holds bytes back until their time has come. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"
#include "thread/pace.h"

#include <inttypes.h>

/* The tap. */
struct rate {
	struct tap tap;
	struct pace pace;
};

static struct err
rate_feed(struct stage *s, struct span *span)
{
	struct rate *r = (struct rate *)s;

	return tap_note(&r->tap, pace_take(&r->pace, (int64_t)span->len));
}

static void
rate_free(struct stage *s)
{
	pace_release(&((struct rate *)s)->pace);
	tap_free(s);
}

static const struct stage_ops rate_ops = {
	.ports = tap_ports,
	.start = stage_start_tap,
	.feed = rate_feed,
	.end = tap_end_nothing,
	.stop = stage_stop_nothing,
	.verdict = tap_verdict,
	.leader = stage_no_leader,
	.free = rate_free,
};

struct stage *
tap_rate_new(int64_t bps, const struct cancel *cancel)
{
	struct rate *r = tap_new(&rate_ops, sizeof(*r), "rate %" PRId64, bps);

	if (r == NULL)
		return NULL;
	pace_init(&r->pace, bps, cancel);
	return &r->tap.stage;
}
