/* SPDX-License-Identifier: BSD-2-Clause */
/* A tap that does what it is told, and keeps what it saw. */
#ifndef DECANT_TESTS_TAP_FAKE_H
#define DECANT_TESTS_TAP_FAKE_H

#include "pipe/stage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What it does, and what it saw. */
struct tap_fake {
	struct stage stage;
	int64_t skip;   /* first bytes that do not pass */
	int64_t limit;  /* bytes that pass then, after which it has had enough; -1 = all */
	size_t drops;   /* bytes that each span loses at its end */
	int64_t fails;  /* offset from which on it fails; -1 = never */
	int end_fails;  /* code that its end fails with */
	int64_t seen;   /* bytes that it saw */
	unsigned calls; /* spans that it saw */
	unsigned ends;  /* times that it was told the end */
	bool whole;     /* the last end's */
	uint64_t sum;   /* of what it saw: FNV-1a */
};

enum { TAP_FAKE_CODE = EDOM }; /* what it fails with; no stream does */

/* FNV-1a, 64 bits, of the N bytes, after those that made SUM; 0 = the first. */
static inline uint64_t
fnv(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *b = bytes;

	sum = sum == 0 ? 0xcbf29ce484222325U : sum;
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ b[i]) * 0x100000001b3U;
	return sum;
}

static inline struct err
tap_fake_feed(struct stage *s, struct span *span)
{
	struct tap_fake *t = (struct tap_fake *)s;
	int64_t end = t->seen + (int64_t)span->len;

	t->calls++;
	if (t->fails >= 0 && end > t->fails)
		return err_make(TAP_FAKE_CODE, OP_WRITE, SIDE_DST, t->fails);
	t->sum = fnv(t->sum, span->bytes, span->len);
	if (t->seen < t->skip) {
		int64_t less = t->skip - t->seen;
		size_t n = less < (int64_t)span->len ? (size_t)less : span->len;
		span->bytes += n;
		span->len -= n;
	}
	if (t->limit >= 0 && end >= t->skip + t->limit) {
		span->len -= (size_t)(end - t->skip - t->limit);
		span->enough = true;
	}
	span->len -= t->drops < span->len ? t->drops : span->len;
	t->seen = end;
	return ERR_OK;
}

static inline struct err
tap_fake_end(struct stage *s, bool whole)
{
	struct tap_fake *t = (struct tap_fake *)s;

	t->ends++;
	t->whole = whole;
	return t->end_fails == 0 ? ERR_OK : err_make(t->end_fails, OP_CLOSE, SIDE_DST, -1);
}

/* The rest of the table is never used. */
static const struct stage_ops tap_fake_ops = { .feed = tap_fake_feed, .end = tap_fake_end };

/* A tap that lets everything pass. */
static inline struct tap_fake
tap_fake(void)
{
	return (struct tap_fake){
		.stage = { .ops = &tap_fake_ops, .name = "fake", .kind = STAGE_TAP },
		.limit = -1,
		.fails = -1,
	};
}

#endif
