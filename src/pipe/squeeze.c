/* SPDX-License-Identifier: BSD-2-Clause */
/* Packing and unpacking as functions between two streams. */
#include "pipe/squeeze.h"

#include "pipe/archivefeed.h"
#include "pipe/function.h"

#include <stdlib.h>
#include <string.h>

bool
squeeze_in_pieces(const struct squeeze *s, struct pieces_how *how)
{
	/* with an index, a level does not count against pieces */
	*how = (struct pieces_how){
		.coding = s->module->coding,
		.filter = s->filter,
		.level = s->level,
		.threads = s->threads,
		.size = arc_piece_size(s->filter, s->index ? ARC_LEVEL_DEFAULT : s->level),
		.index = s->index,
	};
	return s->packs && s->threads > 0 && how->size > 0;
}

/* Pack or unpack as one stream; what is said of a failure goes into TEXT. */
static struct err
as_one(const struct squeeze *s, struct in *in, struct out *out, char *text)
{
	const struct arc_streaming *streaming = s->module->streaming;
	const struct arc_write_options options = {
		.filter = s->filter,
		.level = s->level,
		.threads = s->threads,
		.reproducible = s->reproducible,
	};
	struct feed_in feed;
	struct drain_out drain;
	struct err err;

	feed_in_init(&feed, in);
	drain_out_init(&drain, out);
	if (s->packs)
		err = streaming->deflate(&feed.feed, &drain.drain, &options, text);
	else
		err = streaming->inflate(&feed.feed, &drain.drain, s->filter, text);
	feed_in_done(&feed);
	return err;
}

static struct err
run(void *arg, struct in *in, struct out *out, bool *early)
{
	const struct squeeze *s = arg;
	char text[ARC_TEXT] = "";
	struct pieces_how how;

	(void)early;
	struct err err =
	    squeeze_in_pieces(s, &how) ? pieces_pack(&how, in, out) : as_one(s, in, out, text);
	if (err_failed(err) && s->text != NULL && !err_failed(out->failed) &&
	    !err_failed(in->failed))
		memcpy(s->text, text, sizeof text);
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
