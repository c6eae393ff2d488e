/* SPDX-License-Identifier: BSD-2-Clause */
/* The sink that is several directory trees: each entry goes to all of them. */
#include "run/fan.h"

#include "run/attrs.h"
#include "run/carry.h"
#include "run/entryjob.h"
#include "run/fanout.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>

struct err
fan_make_places(struct run *run)
{
	struct err memory = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	size_t n = run->request.n_to + 1;

	if (n == 1)
		return ERR_OK;
	run->places = calloc(n, sizeof run->places[0]);
	if (run->places == NULL)
		return memory;
	run->n_places = n;
	run->places[0].links = run->links;
	for (size_t i = 1; i < n; i++) {
		run->places[i].links = links_new(run->nodes);
		if (run->places[i].links == NULL)
			return memory;
	}
	return ERR_OK;
}

void
fan_free_places(struct run *run)
{
	for (size_t i = 1; i < run->n_places; i++)
		links_free(run->places[i].links);
	free(run->places);
	run->places = NULL;
}

bool
fan_enter_place(struct worker *w, const struct entry *e, size_t i, struct entry *at)
{
	*at = *e;
	at->dir = e->dir->also[i];
	at->handed = true;
	at->claim = NULL;
	if (at->dir == NULL || atomic_load(&w->run->places[i].dead))
		return false;
	struct err err = nodes_hold(w->run->nodes, at->dir);
	if (err_failed(err))
		tell_error(w, at, err, NULL);
	return !err_failed(err);
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Open both sides of D, which stands for the walk's N at the place of AT; its parent is held. */
static struct err
open_both(
    struct worker *w, struct node *d, const struct node *n, const struct entry *at, int fds[2])
{
	int parent = d->parent->src_fd;

	if (d->follow)
		TRY(dir_open_path(parent, d->src_name, SIDE_SRC, &fds[0]));
	else
		TRY(dir_open(parent, d->src_name, SIDE_SRC, &fds[0]));
	TRY(file_stat(fds[0], SIDE_SRC, &d->src));
	if (!is_same(&d->src, &n->src))
		return err_make(ESTALE, OP_OPEN, SIDE_SRC, -1);
	return sink_directory.enter(w, d, at, &fds[1]);
}

/* Make the node that stands for N, which is E, at the place of AT; NULL = it was told why not. */
static struct node *
make_one(struct worker *w, const struct node *n, const struct entry *at)
{
	struct nodes *nodes = w->run->nodes;
	struct node *d = node_new(at->dir, n->src_name, n->name);
	int fds[2] = { -1, -1 };

	if (d == NULL) {
		tell_error(w, at, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return NULL;
	}
	d->follow = n->follow;
	struct err err = open_both(w, d, n, at, fds);
	if (err_failed(err)) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
		d->failed = true;
		tell_error(w, at, err, NULL);
		nodes_drop_work(nodes, d, w);
		return NULL;
	}
	nodes_opened(nodes, d, fds[0], fds[1]);
	sink_directory.entered(w, d, at);
	nodes_release(nodes, d);
	return d;
}

/* Whether directory ST is a base itself: the walk has come to what it makes. */
static bool
is_a_base(const struct run *run, const struct stat *st)
{
	for (size_t i = 0; i < run->base->n_also; i++) {
		const struct stat *base = &run->base->also[i]->dst;
		if (base->st_ino != 0 && is_same(base, st))
			return true;
	}
	return false;
}

/* More will be told of one entry that the walk has met. */
static void
expect_all(struct run *run)
{
	atomic_fetch_add_explicit(
	    &run->live->items_found, (int64_t)run->n_places - 1, memory_order_relaxed);
}

static struct err
enter(struct worker *w, struct node *n, const struct entry *e, int *dst)
{
	struct run *run = w->run;
	size_t made = 0;

	(void)dst;
	if (is_a_base(run, &n->src)) {
		tell_error(
		    w, e, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1), "it is the destination");
		return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
	}
	n->also = calloc(run->n_places, sizeof(struct node *));
	if (n->also == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	n->n_also = run->n_places;
	expect_all(run);
	for (size_t i = 0; i < run->n_places; i++) {
		struct entry at;
		if (!fan_enter_place(w, e, i, &at))
			continue;
		n->also[i] = make_one(w, n, &at);
		nodes_release(run->nodes, at.dir);
		made += n->also[i] != NULL;
	}
	return made > 0 ? ERR_OK : err_make(ECANCELED, OP_MKDIR, SIDE_DST, -1);
}

/* Each has been told when it was made. */
static void
entered(struct worker *w, const struct node *n, const struct entry *e)
{
	(void)w;
	(void)n;
	(void)e;
}

/* Carry E, which has no content that could be read once, to each place by itself. */
static void
carry_to_each(struct worker *w, const struct entry *e)
{
	for (size_t i = 0; i < w->run->n_places; i++) {
		struct entry at;
		if (!fan_enter_place(w, e, i, &at))
			continue;
		carry_entry(w, &at);
		nodes_release(w->run->nodes, at.dir);
	}
}

static void
carry(struct worker *w, const struct entry *e)
{
	struct run *run = w->run;
	struct stat st;
	own_fd src = -1;

	if (cancel_requested(&run->cancel))
		return;
	struct err err = carry_examine(w, e, &src, &st);
	if (!err_failed(err) && S_ISDIR(st.st_mode))
		err = err_make(EISDIR, OP_OPEN, SIDE_SRC, -1);
	if (err_failed(err)) {
		tell_error(w, e, err, NULL);
		return;
	}
	if (src >= 0 && carry_is_long(w, e, &st)) {
		entryjob_push(w, e);
		return;
	}
	expect_all(run);
	if (src < 0) {
		carry_to_each(w, e);
		return;
	}
	if (S_ISREG(st.st_mode))
		atomic_fetch_add_explicit(&run->live->bytes_found,
		    st.st_size * (int64_t)run->n_places, memory_order_relaxed);
	fanout_carry(w, e, src, &st);
}

const struct sink sink_several = {
	.enter = enter,
	.entered = entered,
	.carry = carry,
	.carry_at_once = sink_carry_later,
	.list = sink_no_sides,
	.listed = sink_no_sides,
	.finish = attrs_of_directory,
};
