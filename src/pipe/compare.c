/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that compares what passes with what can be read elsewhere. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"

#include <string.h>

/* The tap. */
struct compare {
	struct tap tap;
	int fd;
	struct in in;  /* from FD; once started */
	int64_t *same; /* bytes that were the same so far; -1 = all */
};

static struct err
compare_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct compare *c = (struct compare *)s;

	in_init(&c->in, c->fd, false, run->bufs, run->cancel);
	return stage_start_tap(s, run, in, out);
}

/* The number of bytes in which A and B begin alike, at most N. */
static size_t
alike(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	if (memcmp(a, b, n) == 0)
		return n;
	while (a[i] == b[i])
		i++;
	return i;
}

static struct err
compare_feed(struct stage *s, struct span *span)
{
	struct compare *c = (struct compare *)s;
	size_t done = 0;

	while (done < span->len) {
		const void *bytes;
		size_t n;
		TRY(tap_note(&c->tap, in_peek(&c->in, 1, &bytes, &n)));
		if (n > span->len - done)
			n = span->len - done;
		size_t same = alike(span->bytes + done, bytes, n);
		in_take(&c->in, same);
		done += same;
		if (same < n || n == 0) {
			span->len = done;
			span->enough = true;
			c->tap.enough = true;
		}
	}
	*c->same += (int64_t)done;
	return ERR_OK;
}

static struct err
compare_end(struct stage *s, bool whole)
{
	struct compare *c = (struct compare *)s;
	const void *bytes;
	size_t n;

	if (!whole || c->tap.enough)
		return ERR_OK;
	TRY(tap_note(&c->tap, in_peek(&c->in, 1, &bytes, &n)));
	if (n == 0)
		*c->same = -1;
	return ERR_OK;
}

static void
compare_verdict(struct stage *s, struct verdict *v)
{
	struct compare *c = (struct compare *)s;

	/* Borrowed and only read: gives its block back. */
	(void)in_close(&c->in);
	tap_verdict(s, v);
}

static const struct stage_ops compare_ops = {
	.ports = tap_ports_stable,
	.start = compare_start,
	.feed = compare_feed,
	.end = compare_end,
	.stop = stage_stop_nothing,
	.verdict = compare_verdict,
	.leader = stage_no_leader,
	.free = tap_free,
};

struct stage *
tap_compare_new(const char *name, int fd, int64_t *same_up_to)
{
	struct compare *c = tap_new(&compare_ops, sizeof(*c), "compare %s", name);

	if (c == NULL)
		return NULL;
	*same_up_to = 0;
	c->fd = fd;
	c->same = same_up_to;
	return &c->tap.stage;
}
