/* SPDX-License-Identifier: BSD-2-Clause */
/* What stages of several kinds have in common. */
#include "pipe/stage.h"

#include "base/own.h"

void
stage_free(struct stage *s)
{
	if (s != NULL)
		s->ops->free(s);
}

void
stage_set_ended(struct stage *s)
{
	for (; s != NULL; s = s->outer)
		s->ended = true;
}

struct err
stage_feed_never(struct stage *s, struct span *span)
{
	(void)s;
	(void)span;
	BUG_ON(true);
}

struct err
stage_end_never(struct stage *s, bool whole)
{
	(void)s;
	(void)whole;
	BUG_ON(true);
}

void
stage_stop_nothing(struct stage *s, enum stop_why why)
{
	(void)s;
	(void)why;
}

pid_t
stage_no_leader(const struct stage *s)
{
	(void)s;
	return 0;
}

struct err
stage_start_tap(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	(void)run;
	BUG_ON(s->started);
	s->started = true;
	stage_set_ended(s);
	/* A tap has no streams of its own: nothing can have been written to them. */
	(void)out_close(out);
	(void)in_close(in);
	return ERR_OK;
}
