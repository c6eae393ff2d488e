/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipeline as a stage: a function whose thread drives the pipeline within. */
#include "pipe/function.h"
#include "pipe/pipeline.h"

#include <errno.h>
#include <stdlib.h>

/* The stage; wraps the function that drives INNER. */
struct nest {
	struct stage stage;                 /* first */
	struct stage *driver;               /* the function; owned */
	struct pipeline *inner;             /* owned */
	const struct pipeline_means *means; /* borrowed */
	struct stage_run run;               /* what INNER is run with, but for its loop */
	struct verdict verdict;             /* of INNER; read after DRIVER was joined */
};

static struct nest *
nest_of(struct stage *s)
{
	return (struct nest *)(void *)s;
}

/* The body of the driver. */
static struct err
drive(void *arg, struct in *in, struct out *out, bool *early)
{
	struct nest *n = arg;
	struct pipeline_means means = *n->means;
	struct stage_run run = n->run;
	size_t count;

	means.is_inline = true;
	run.loop = loop_new();
	if (run.loop == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	struct err err = pipeline_start_within(n->inner, &run, &means, in, out);
	if (!err_failed(err)) {
		pipeline_wait(n->inner, &n->verdict);
		const struct verdict *all = pipeline_verdicts(n->inner, &count);
		/* the first one is the source's, which is our own input */
		*early = n->verdict.kind == VERDICT_OK && verdict_is_early(all + 1, count - 1);
	}
	loop_free(run.loop);
	return err;
}

static void
ports(const struct stage *s, struct port *in, struct port *out)
{
	const struct nest *n = (const struct nest *)(const void *)s;
	n->driver->ops->ports(n->driver, in, out);
}

static struct err
start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct nest *n = nest_of(s);

	s->started = true;
	n->run = *run;
	return n->driver->ops->start(n->driver, run, in, out);
}

static void
stop(struct stage *s, enum stop_why why)
{
	struct nest *n = nest_of(s);
	n->driver->ops->stop(n->driver, why);
}

static void
verdict(struct stage *s, struct verdict *v)
{
	struct nest *n = nest_of(s);

	n->driver->ops->verdict(n->driver, v);
	/* the end of what it drove says more than its own */
	if (v->kind == VERDICT_OK && n->verdict.kind != VERDICT_OK)
		*v = n->verdict;
}

static void
free_nest(struct stage *s)
{
	struct nest *n = nest_of(s);

	stage_free(n->driver);
	pipeline_free(n->inner);
	free(n);
}

static const struct stage_ops nest_ops = {
	.ports = ports,
	.start = start,
	.feed = stage_feed_never,
	.end = stage_end_never,
	.stop = stop,
	.verdict = verdict,
	.leader = stage_no_leader,
	.free = free_nest,
};

/* What the first and the last of STAGES[n] want on the outer sides; anything when there are none. */
static void
outer_ports(struct stage *const *stages, size_t n, struct port *in, struct port *out)
{
	struct port inner;

	*in = *out = (struct port){ .want = WANT_ANY };
	if (n == 0)
		return;
	stages[0]->ops->ports(stages[0], in, &inner);
	stages[n - 1]->ops->ports(stages[n - 1], &inner, out);
}

struct stage *
pipeline_as_stage(struct pipeline *p, const struct pipeline_means *means)
{
	struct nest *n = calloc(1, sizeof *n);
	struct function f = { .name = "pipeline", .body = drive, .arg = n };
	size_t count;

	if (n != NULL) {
		struct stage *const *stages = pipeline_stages(p, &count);
		outer_ports(stages, count, &f.in, &f.out);
		n->driver = function_new(&f);
	}
	if (n == NULL || n->driver == NULL) {
		pipeline_free(p);
		free(n);
		return NULL;
	}
	n->inner = p;
	n->means = means;
	n->driver->outer = &n->stage;
	n->stage = (struct stage){
		.ops = &nest_ops,
		.name = n->driver->name,
		.kind = STAGE_FUNCTION,
	};
	return &n->stage;
}
