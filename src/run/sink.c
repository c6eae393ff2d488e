/* SPDX-License-Identifier: BSD-2-Clause */
/* What sinks share: the names of the destination, read where entries are compared with them. */
#include "run/sink.h"

#include "run/tell.h"

#include <errno.h>

struct err
sink_enter_nothing(struct worker *w, struct node *n, const struct entry *e, int *dst)
{
	(void)w;
	(void)n;
	(void)e;
	*dst = -1;
	return ERR_OK;
}

void
sink_no_sides(struct worker *w, struct node *n)
{
	(void)w;
	(void)n;
}

bool
sink_carry_later(struct worker *w, const struct entry *e, const struct stat *st)
{
	(void)w;
	(void)e;
	(void)st;
	return false;
}

void
sink_finish_nothing(struct node *n, struct err why, void *worker)
{
	(void)n;
	(void)why;
	(void)worker;
}

void
sink_read_sides(struct worker *w, struct node *n)
{
	struct entry self = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	struct err err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	if (n->dst_fd < 0)
		return;
	n->sides = w->spare != NULL ? w->spare : sides_new();
	w->spare = NULL;
	if (n->sides != NULL)
		err = sides_read(n->sides, n->dst_fd, SIDE_DST, w->list_buf);
	if (err_failed(err))
		tell_error(w, &self, err, NULL);
}

void
sink_drop_sides(struct worker *w, struct node *n)
{
	if (n->sides == NULL)
		return;
	if (w->spare == NULL) {
		w->spare = n->sides;
		sides_clear(w->spare);
	} else {
		sides_free(n->sides);
	}
	n->sides = NULL;
}
