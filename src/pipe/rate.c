/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that holds bytes back until their time has come. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"
#include "sys/proc.h"

#include <inttypes.h>

enum {
	NS_PER_MS = 1000000,
	/* Time that may be made up for when the bytes came late.  Arbitrary: more than a scheduler's
	 * delay, so that the rate is reached; less than what would be felt as a burst. */
	CREDIT_MS = 100,
	/* The longest sleep at once; arbitrary, it only has to fit an int. */
	NAP_MS = 3600000,
};

/* The tap. */
struct rate {
	struct tap tap;
	int64_t bps;
	int64_t due_ns; /* when the bytes so far may have passed */
	const struct cancel *cancel;
};

/* The time that LEN bytes take. */
static int64_t
time_of(const struct rate *r, size_t len)
{
	/* Beyond a century it does not matter: 2^62 ns are 146 years. */
	double ns = (double)len * 1e9 / (double)r->bps;
	return ns < 0x1p61 ? (int64_t)ns : INT64_C(1) << 61;
}

static struct err
rate_feed(struct stage *s, struct span *span)
{
	struct rate *r = (struct rate *)s;
	int64_t now = proc_now_ns();
	int64_t earliest = now - (int64_t)CREDIT_MS * NS_PER_MS;

	if (r->due_ns == 0)
		r->due_ns = now;
	if (r->due_ns < earliest)
		r->due_ns = earliest;
	r->due_ns += time_of(r, span->len);
	/* What is less than the clock of poll(2) is slept next time. */
	while (r->due_ns - now >= NS_PER_MS) {
		int64_t nap_ms = (r->due_ns - now) / NS_PER_MS;
		(void)proc_wait(-1, cancel_fd(r->cancel), nap_ms < NAP_MS ? (int)nap_ms : NAP_MS);
		TRY(tap_note(&r->tap, cancel_check(r->cancel)));
		now = proc_now_ns();
	}
	return ERR_OK;
}

static const struct stage_ops rate_ops = {
	.ports = tap_ports,
	.start = stage_start_tap,
	.feed = rate_feed,
	.end = tap_end_nothing,
	.stop = stage_stop_nothing,
	.verdict = tap_verdict,
	.leader = stage_no_leader,
	.free = tap_free,
};

struct stage *
tap_rate_new(int64_t bps, const struct cancel *cancel)
{
	struct rate *r = tap_new(&rate_ops, sizeof(*r), "rate %" PRId64, bps);

	if (r == NULL)
		return NULL;
	r->bps = bps;
	r->cancel = cancel;
	return &r->tap.stage;
}
