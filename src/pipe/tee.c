/* SPDX-License-Identifier: BSD-2-Clause */
/* The tap that writes what passes to a second place. */
#include "pipe/tap.h"
#include "pipe/tapkinds.h"

/* The tap. */
struct tee {
	struct tap tap;
	const int *fd;  /* borrowed; read when it starts */
	struct out out; /* onto FD; once started */
};

static struct err
tee_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct tee *t = (struct tee *)s;

	out_init(&t->out, *t->fd, false, run->bufs, run->cancel);
	return stage_start_tap(s, run, in, out);
}

static struct err
tee_feed(struct stage *s, struct span *span)
{
	struct tee *t = (struct tee *)s;

	/* Flushed, because blocks come as they were gathered, and the next may be long in coming. */
	TRY(tap_note(&t->tap, out_write(&t->out, span->bytes, span->len)));
	return tap_note(&t->tap, out_flush(&t->out));
}

static struct err
tee_end(struct stage *s, bool whole)
{
	struct tee *t = (struct tee *)s;

	/* What came is there, as tee(1) leaves it, whatever became of the rest. */
	(void)whole;
	if (err_failed(t->tap.err))
		return ERR_OK;
	return tap_note(&t->tap, out_close(&t->out));
}

static void
tee_verdict(struct stage *s, struct verdict *v)
{
	struct tee *t = (struct tee *)s;

	/* Already closed, unless the stream never came to its end: then that is the failure. */
	(void)out_close(&t->out);
	tap_verdict(s, v);
}

static const struct stage_ops tee_ops = {
	.ports = tap_ports,
	.start = tee_start,
	.feed = tee_feed,
	.end = tee_end,
	.stop = stage_stop_nothing,
	.verdict = tee_verdict,
	.leader = stage_no_leader,
	.free = tap_free,
};

struct stage *
tap_tee_new(const char *name, const int *fd)
{
	struct tee *t = tap_new(&tee_ops, sizeof(*t), "tee %s", name);

	if (t == NULL)
		return NULL;
	t->fd = fd;
	return &t->tap.stage;
}
