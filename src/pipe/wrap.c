/* SPDX-License-Identifier: BSD-2-Clause */
/* Wrappers that change what a stage is told, or what its end means. */
#include "pipe/wrap.h"

#include "pipe/wrapped.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct ignorer {
	struct wrapped base;        /* first: a stage is cast to its wrapper; so in all of them */
	struct verdict_ignore ends; /* what passes */
};

static void
ignore_verdict(struct stage *s, struct verdict *v)
{
	const struct ignorer *ig = (const struct ignorer *)s;

	wrapped_verdict(s, v);
	if (verdict_is_ignored(&ig->ends, v))
		*v = (struct verdict){
			.kind = VERDICT_OK,
			.stage = v->stage,
			.tail = v->tail,
			.max_rss = v->max_rss,
		};
}

static const struct stage_ops ignore_ops = {
	.ports = wrapped_ports,
	.start = wrapped_start,
	.feed = wrapped_feed,
	.end = wrapped_end,
	.stop = wrapped_stop,
	.verdict = ignore_verdict,
	.leader = wrapped_leader,
	.free = wrapped_free,
};

struct stage *
wrap_ignore(struct stage *inner, const struct verdict_ignore *ig)
{
	struct ignorer *i = wrapped_new(sizeof *i, &ignore_ops, inner);

	if (i == NULL)
		return NULL;
	i->base.stage.identity = inner->identity;
	i->ends = *ig;
	return &i->base.stage;
}

static void
early_verdict(struct stage *s, struct verdict *v)
{
	wrapped_verdict(s, v);
	if (v->kind == VERDICT_OK)
		v->kind = VERDICT_EARLY;
}

static const struct stage_ops early_ops = {
	.ports = wrapped_ports,
	.start = wrapped_start,
	.feed = wrapped_feed,
	.end = wrapped_end,
	.stop = wrapped_stop,
	.verdict = early_verdict,
	.leader = wrapped_leader,
	.free = wrapped_free,
};

struct stage *
wrap_finish_early(struct stage *inner)
{
	struct wrapped *w = wrapped_new(sizeof *w, &early_ops, inner);

	return w != NULL ? &w->stage : NULL;
}

struct environment {
	struct wrapped base;    /* what all stages have */
	struct stage_env *list; /* [n], the last one the newest; owned, with the texts in it */
	size_t n;               /* number of them */
	int dir;                /* where to run, or AT_FDCWD; borrowed */
	struct stage_run run;   /* what INNER is lent instead */
};

static struct err
environment_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct environment *e = (struct environment *)s;

	e->run = *run;
	if (e->n > 0) {
		e->list[0].older = run->env;
		e->run.env = &e->list[e->n - 1];
	}
	if (e->dir != AT_FDCWD)
		e->run.dir = e->dir;
	return wrapped_start(s, &e->run, in, out);
}

static void
environment_free(struct stage *s)
{
	free(((struct environment *)s)->list);
	wrapped_free(s);
}

static const struct stage_ops environment_ops = {
	.ports = wrapped_ports,
	.start = environment_start,
	.feed = wrapped_feed,
	.end = wrapped_end,
	.stop = wrapped_stop,
	.verdict = wrapped_verdict,
	.leader = wrapped_leader,
	.free = environment_free,
};

/* Copy SETTINGS[n] into one allocation, each older than the next.  NULL = out of memory. */
static struct stage_env *
copy_settings(const char *const *settings, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(settings[i]) + 1;
	struct stage_env *list = calloc(1, n * sizeof *list + bytes + 1);
	if (list == NULL)
		return NULL;
	char *to = (char *)(list + n);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(settings[i]) + 1;
		memcpy(to, settings[i], len);
		list[i].setting = to;
		list[i].older = i > 0 ? &list[i - 1] : NULL;
		to += len;
	}
	return list;
}

struct stage *
wrap_environment(struct stage *inner, const char *const *settings, size_t n, int dir)
{
	struct environment *e = wrapped_new(sizeof *e, &environment_ops, inner);

	if (e == NULL)
		return NULL;
	e->base.stage.identity = inner->identity;
	e->list = copy_settings(settings, n);
	if (e->list == NULL) {
		stage_free(&e->base.stage);
		return NULL;
	}
	e->n = n;
	e->dir = dir;
	return &e->base.stage;
}
