/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that counts bytes and lines. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"

#include <string.h>

/* The tap. */
struct count {
	struct tap tap;
	struct tap_counts *out;
};

/* The newlines among the 8 bytes of WORD: no branch for each line, which short ones would cost. */
static unsigned
newlines_of(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101, lows = 0x7f7f7f7f7f7f7f7f;
	uint64_t differs = word ^ ones * '\n';

	/* The top bit of each byte that does not differ; a carry never leaves its byte. */
	uint64_t same = ~(((differs & lows) + lows) | differs | lows);
	return (unsigned)((same >> 7) * ones >> 56);
}

static struct err
count_feed(struct stage *s, struct span *span)
{
	struct count *c = (struct count *)s;
	const char *at = span->bytes;
	size_t left = span->len;
	int64_t lines = 0;

	for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, at, sizeof(word));
		lines += newlines_of(word);
	}
	for (; left > 0; at++, left--)
		lines += *at == '\n';
	c->out->lines += lines;
	c->out->bytes += (int64_t)span->len;
	return ERR_OK;
}

static const struct stage_ops count_ops = {
	.ports = tap_ports,
	.start = stage_start_tap,
	.feed = count_feed,
	.end = tap_end_nothing,
	.stop = stage_stop_nothing,
	.verdict = tap_verdict,
	.leader = stage_no_leader,
	.free = tap_free,
};

struct stage *
tap_count_new(struct tap_counts *out)
{
	struct count *c = tap_new(&count_ops, sizeof(*c), "count");

	if (c == NULL)
		return NULL;
	*out = (struct tap_counts){ 0 };
	c->out = out;
	return &c->tap.stage;
}
