/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots that forward. */
#include "pipe/wrapped.h"

#include "base/own.h"

#include <stdlib.h>

static struct stage *
inner_of(const struct stage *s)
{
	return ((const struct wrapped *)s)->inner;
}

void
wrapped_ports(const struct stage *s, struct port *in, struct port *out)
{
	inner_of(s)->ops->ports(inner_of(s), in, out);
}

struct err
wrapped_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	BUG_ON(s->started);
	s->started = true;
	return inner_of(s)->ops->start(inner_of(s), run, in, out);
}

struct err
wrapped_feed(struct stage *s, struct span *span)
{
	return inner_of(s)->ops->feed(inner_of(s), span);
}

struct err
wrapped_end(struct stage *s, bool whole)
{
	return inner_of(s)->ops->end(inner_of(s), whole);
}

void
wrapped_stop(struct stage *s, enum stop_why why)
{
	inner_of(s)->ops->stop(inner_of(s), why);
}

void
wrapped_verdict(struct stage *s, struct verdict *v)
{
	inner_of(s)->ops->verdict(inner_of(s), v);
}

pid_t
wrapped_leader(const struct stage *s)
{
	return inner_of(s)->ops->leader(inner_of(s));
}

void
wrapped_free(struct stage *s)
{
	stage_free(inner_of(s));
	free(s);
}

void *
wrapped_new(size_t size, const struct stage_ops *ops, struct stage *inner)
{
	struct wrapped *w = calloc(1, size);

	if (w == NULL) {
		stage_free(inner);
		return NULL;
	}
	w->stage = (struct stage){ .ops = ops, .name = inner->name, .kind = inner->kind };
	w->inner = inner;
	inner->outer = &w->stage;
	return w;
}
