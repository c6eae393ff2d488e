/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing and unpacking as functions between two streams. */
#include "pipe/squeeze.h"

#include "pipe/archivefeed.h"
#include "pipe/function.h"

#include <stdlib.h>

static struct err
run(void *arg, struct in *in, struct out *out, bool *early)
{
	const struct squeeze *s = arg;
	const struct arc_streaming *streaming = s->module->streaming;
	const struct arc_write_options options = { .filter = s->filter, .level = s->level };
	char text[ARC_TEXT];
	struct feed_in feed;
	struct drain_out drain;
	struct err err;

	(void)early;
	feed_in_init(&feed, in);
	drain_out_init(&drain, out);
	if (s->packs)
		err = streaming->deflate(&feed.feed, &drain.drain, &options, text);
	else
		err = streaming->inflate(&feed.feed, &drain.drain, s->filter, text);
	feed_in_done(&feed);
	return err;
}

struct stage *
squeeze_new(const struct squeeze *s)
{
	struct squeeze *own = malloc(sizeof *own);
	struct function f = {
		.name = s->name,
		.body = run,
		.arg = own,
		.release = free,
		.in = { .want = WANT_ANY },
		.out = { .want = WANT_ANY },
	};

	if (own == NULL)
		return NULL;
	*own = *s;
	own->name = NULL;
	struct stage *stage = function_new(&f);
	if (stage == NULL)
		free(own);
	return stage;
}
