/* SPDX-License-Identifier: BSD-2-Clause */
/* Feeding taps: each sees what the one before it let pass. */
#include "pipe/taps.h"

#include "pipe/stage.h"

struct err
taps_feed(struct taps *t, struct span *s)
{
	bool enough = false;

	s->enough = false;
	for (size_t i = 0; t != NULL && i < t->n && s->len > 0; i++) {
		struct stage *stage = t->stages[i];

		s->enough = false;
		struct err e = stage->ops->feed(stage, s);
		if (err_failed(e)) {
			t->failed = true;
			return e;
		}
		/* The taps after the first one with enough have seen all that it let pass. */
		if (s->enough && !enough)
			t->cut = i;
		enough = enough || s->enough;
	}
	s->enough = enough;
	if (enough)
		t->enough = true;
	return ERR_OK;
}

struct err
taps_end(struct taps *t, bool whole)
{
	struct err first = ERR_OK;

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		struct stage *stage = t->stages[i];
		bool all = whole && !(t->enough && i < t->cut);
		struct err e = stage->ops->end(stage, all);

		if (!err_failed(first))
			first = e;
	}
	if (err_failed(first))
		t->failed = true;
	return first;
}
