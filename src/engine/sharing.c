/* SPDX-License-Identifier: BSD-2-Clause */
/* What two files share: two maps of extents, walked side by side. */
#include "engine/sharing.h"

/* Ask for more of SIDE; false when there is no more, or no answer. */
static bool
ask(struct sharing_side *side, int64_t end, bool sync)
{
	side->at = 0;
	if (side->asked >= end ||
	    err_failed(extmap_get(side->fd, side->asked, end, sync, &side->map)))
		return false;
	if (side->map.n == 0)
		return false;
	const struct extmap_part *last = &side->map.parts[side->map.n - 1];
	int64_t asked = last->off + last->len;
	/* an answer that does not go on would be asked for again, for ever */
	bool sane = asked > side->asked;
	side->asked = side->map.last ? end : asked;
	return sane;
}

static bool
has_shared(const struct extmap *map)
{
	for (size_t i = 0; i < map->n; i++) {
		if (map->parts[i].shared)
			return true;
	}
	return false;
}

void
sharing_init(struct sharing *s, int a, int b, int64_t off, int64_t end)
{
	s->sides[0].fd = a;
	s->sides[1].fd = b;
	s->pos = off;
	s->end = end;
	for (int i = 0; i < 2; i++)
		s->sides[i].asked = off;
	/* most files share nothing, and are not worth a sync */
	s->none = !ask(&s->sides[0], end, false) || !has_shared(&s->sides[0].map);
	s->sides[0].asked = off;
	/* a write to shared blocks that waits in the cache is not in the map before it is written */
	for (int i = 0; i < 2 && !s->none; i++)
		s->none = !ask(&s->sides[i], end, true);
}

/* The part of SIDE that ends behind POS; NULL = there is none. */
static const struct extmap_part *
part_behind(struct sharing_side *side, int64_t pos, int64_t end)
{
	for (;;) {
		for (; side->at < side->map.n; side->at++) {
			const struct extmap_part *p = &side->map.parts[side->at];
			if (p->off + p->len > pos)
				return p;
		}
		if (!ask(side, end, true))
			return NULL;
	}
}

bool
sharing_next(struct sharing *s, struct range *r)
{
	while (!s->none) {
		const struct extmap_part *a = part_behind(&s->sides[0], s->pos, s->end);
		const struct extmap_part *b = part_behind(&s->sides[1], s->pos, s->end);
		if (a == NULL || b == NULL)
			break;
		int64_t from = a->off > b->off ? a->off : b->off;
		int64_t to = a->off + a->len < b->off + b->len ? a->off + a->len : b->off + b->len;
		from = from > s->pos ? from : s->pos;
		to = to < s->end ? to : s->end;
		if (from >= s->end)
			break;
		bool same =
		    a->shared && b->shared &&
		    a->phys + (uint64_t)(from - a->off) == b->phys + (uint64_t)(from - b->off);
		s->pos = to > s->pos ? to : s->pos;
		if (from < to && same) {
			*r = (struct range){ .off = from, .len = to - from };
			return true;
		}
	}
	s->none = true;
	return false;
}
