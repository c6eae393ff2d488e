/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wrapper that watches what a command uses.  Two timers of the pipeline's own loop do it: there is
 * no thread that could outlive the command, or be waited for by it.
 */
#include "pipe/wrap.h"
#include "pipe/wrapped.h"
#include "sys/spawn.h"

#include <errno.h>

struct limiter {
	struct wrapped base;         /* first: a stage is cast to its wrapper */
	struct limits limits;        /* what is watched */
	const struct stage_run *run; /* from start() on */
	struct watcher sampler;      /* timer: when memory is asked for */
	struct watcher deadline;     /* timer: when time is up */
	int64_t peak;                /* the most that was seen */
	int samples;                 /* times that memory was read */
	int errors;                  /* times that it could not be */
	int failed_in_row;           /* of these, the last ones */
	struct err start;            /* why it could not be watched: it was not started then */
};

static struct limiter *
limiter_of(struct stage *s)
{
	return (struct limiter *)s;
}

static void
stop_watching(struct limiter *l)
{
	loop_remove(l->run->loop, &l->sampler);
	loop_remove(l->run->loop, &l->deadline);
}

/* Tell the run of something: KIND with BYTES of memory. */
static void
note(const struct limiter *l, struct stage_note n)
{
	n.stage = l->base.stage.name;
	n.limit = l->limits.memory;
	n.samples = l->samples;
	n.errors = l->errors;
	l->run->note(l->run->note_arg, &n);
}

/* Memory could not be read: once may be chance, and is told to nobody. */
static void
count_failure(struct limiter *l, struct err err)
{
	if (err.code == ESRCH) /* it has gone: the loop will hear of it */
		return;
	l->errors++;
	if (++l->failed_in_row == 2)
		note(l, (struct stage_note){ .kind = NOTE_NO_SAMPLE });
}

static void
sample(struct watcher *w)
{
	struct limiter *l = w->arg;
	pid_t pid = wrapped_leader(&l->base.stage);
	int64_t bytes = 0;

	if (pid <= 0)
		return;
	struct err err = child_memory(pid, &bytes);
	if (err_failed(err)) {
		count_failure(l, err);
		return;
	}
	l->failed_in_row = 0;
	l->samples++;
	if (bytes > l->peak)
		l->peak = bytes;
	if (l->limits.memory > 0 && bytes > l->limits.memory) {
		/* first it is killed: whatever becomes of the note, it takes no more memory */
		wrapped_stop(&l->base.stage, STOP_MEMORY);
		stop_watching(l);
		note(l, (struct stage_note){ .kind = NOTE_OVER, .peak = bytes });
	}
}

static void
time_is_up(struct watcher *w)
{
	struct limiter *l = w->arg;

	loop_remove(l->run->loop, &l->deadline);
	wrapped_stop(&l->base.stage, STOP_DEADLINE);
}

static struct err
start_watching(struct limiter *l)
{
	if (l->limits.memory > 0 || l->limits.peak)
		TRY(loop_add_timer(l->run->loop, &l->sampler, LIMITS_FIRST_MS, LIMITS_EVERY_MS));
	if (l->limits.deadline_ms > 0)
		TRY(loop_add_timer(l->run->loop, &l->deadline, l->limits.deadline_ms, 0));
	return ERR_OK;
}

static struct err
limits_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct limiter *l = limiter_of(s);

	l->run = run;
	l->start = start_watching(l);
	if (err_failed(l->start)) { /* without limits it must not run */
		s->started = true;
		stage_set_ended(s);
		(void)out_close(out); /* nothing was written */
		(void)in_close(in);
		stop_watching(l);
		return l->start;
	}
	struct err err = wrapped_start(s, run, in, out);
	if (err_failed(err))
		stop_watching(l);
	return err;
}

static void
limits_verdict(struct stage *s, struct verdict *v)
{
	struct limiter *l = limiter_of(s);

	stop_watching(l);
	if (err_failed(l->start)) {
		*v = (struct verdict){ .kind = VERDICT_START, .err = l->start, .stage = s->name };
		return;
	}
	wrapped_verdict(s, v);
	if (v->kind == VERDICT_MEMORY)
		v->code = (int)((l->limits.memory + (1 << 20) - 1) >> 20); /* rounded up */
	if (v->max_rss > l->peak)
		l->peak = v->max_rss;
	if (l->limits.peak && v->kind != VERDICT_START)
		note(l, (struct stage_note){ .kind = NOTE_PEAK, .peak = l->peak });
}

static const struct stage_ops limits_ops = {
	.ports = wrapped_ports,
	.start = limits_start,
	.feed = wrapped_feed,
	.end = wrapped_end,
	.stop = wrapped_stop,
	.verdict = limits_verdict,
	.leader = wrapped_leader,
	.free = wrapped_free,
};

struct stage *
wrap_limits(struct stage *inner, const struct limits *limits)
{
	struct limiter *l = wrapped_new(sizeof *l, &limits_ops, inner);

	if (l == NULL)
		return NULL;
	l->limits = *limits;
	l->sampler = (struct watcher){ .fd = -1, .ready = sample, .arg = l };
	l->deadline = (struct watcher){ .fd = -1, .ready = time_is_up, .arg = l };
	return &l->base.stage;
}
