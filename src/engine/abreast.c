/* SPDX-License-Identifier: BSD-2-Clause */
/* Two iterations over data and one over what is shared, cut where any of them has a border. */
#include "engine/abreast.h"

/* The next data of side I that ends behind W's position. */
static void
advance_data(struct abreast *w, int i)
{
	while (w->data[i].len > 0 && w->data[i].off + w->data[i].len <= w->pos) {
		if (!extents_next(&w->extents[i], &w->data[i]))
			w->data[i] = (struct range){ .off = w->end };
	}
}

static void
advance_shared(struct abreast *w)
{
	while (w->shares && w->shared.off + w->shared.len <= w->pos) {
		w->shares = sharing_next(&w->sharing, &w->shared);
		if (!w->shares)
			w->shared = (struct range){ .off = w->end };
	}
}

void
abreast_init(struct abreast *w, const struct abreast_files *files, int64_t off, int64_t end)
{
	const struct range before = { .off = off - 1, .len = 1 };

	w->pos = off;
	w->end = end;
	w->shares = files->sharing;
	w->shared = (struct range){ .off = files->sharing ? off : end };
	if (files->sharing)
		sharing_init(&w->sharing, files->a, files->b, off, end);
	extents_init(&w->extents[0], files->a, off, end, files->seek_a);
	extents_init(&w->extents[1], files->b, off, end, files->seek_b);
	for (int i = 0; i < 2; i++)
		w->data[i] = before;
}

/* Whether W stands in R; *LIMIT is at most where that changes. */
static bool
stands_in(const struct abreast *w, const struct range *r, int64_t *limit)
{
	bool in = r->len > 0 && r->off <= w->pos;
	int64_t border = in ? r->off + r->len : r->off;

	if (border < *limit)
		*limit = border;
	return in;
}

bool
abreast_next(struct abreast *w, struct stretch *s)
{
	int64_t limit = w->end;

	if (w->pos >= w->end)
		return false;
	advance_data(w, 0);
	advance_data(w, 1);
	bool a = stands_in(w, &w->data[0], &limit);
	bool b = stands_in(w, &w->data[1], &limit);
	if (a && b) {
		advance_shared(w);
		s->kind = stands_in(w, &w->shared, &limit) ? ABREAST_SHARED : ABREAST_BOTH;
	} else if (a || b) {
		s->kind = a ? ABREAST_ONLY_A : ABREAST_ONLY_B;
	} else {
		s->kind = ABREAST_HOLES;
	}
	s->range = (struct range){ .off = w->pos, .len = limit - w->pos };
	w->pos = limit;
	return true;
}
