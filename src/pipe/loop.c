/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is called when: the wait of a pipeline. */
#include "pipe/loop.h"

#include "sys/proc.h"
#include "sys/waitset.h"

#include <stdlib.h>

enum {
	/* Watchers called in one step; arbitrary, at most what waitset_wait() takes. */
	LOOP_BATCH = 16
};

struct loop {
	int set;                           /* of all that is watched; owned */
	struct watcher *ready[LOOP_BATCH]; /* who is to be called in this step; NULL = removed */
	size_t n_ready;                    /* number of them; 0 between steps */
};

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof *l);
	if (l == NULL)
		return NULL;
	if (err_failed(waitset_make(&l->set))) {
		free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	proc_close(&l->set);
	free(l);
}

struct err
loop_add(struct loop *l, struct watcher *w)
{
	if (w->fd < 0)
		return ERR_OK;
	TRY(waitset_add(l->set, w->fd, w));
	w->added = true;
	w->timer = false;
	return ERR_OK;
}

struct err
loop_add_timer(struct loop *l, struct watcher *w, int64_t first_ms, int64_t every_ms)
{
	TRY(waitset_timer(&w->fd, first_ms, every_ms));
	struct err err = loop_add(l, w);
	if (err_failed(err))
		proc_close(&w->fd);
	else
		w->timer = true;
	return err;
}

void
loop_remove(struct loop *l, struct watcher *w)
{
	if (!w->added)
		return;
	waitset_remove(l->set, w->fd);
	if (w->timer)
		proc_close(&w->fd);
	w->added = false;
	w->timer = false;
	for (size_t i = 0; i < l->n_ready; i++)
		if (l->ready[i] == w)
			l->ready[i] = NULL;
}

void
loop_step(struct loop *l, int timeout_ms)
{
	void *who[LOOP_BATCH];

	l->n_ready = waitset_wait(l->set, who, LOOP_BATCH, timeout_ms);
	for (size_t i = 0; i < l->n_ready; i++)
		l->ready[i] = who[i];
	for (size_t i = 0; i < l->n_ready; i++) {
		struct watcher *w = l->ready[i];
		if (w == NULL) /* one that was called before it has removed it */
			continue;
		l->ready[i] = NULL;
		if (w->timer)
			waitset_timer_take(w->fd);
		w->ready(w);
	}
	l->n_ready = 0;
}

int
loop_fd(const struct loop *l)
{
	return l->set;
}
