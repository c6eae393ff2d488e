/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of entries that are read ahead. */
#include "run/ahead.h"

#include <pthread.h>
#include <stdlib.h>

/* One place in the ring. */
struct slot {
	struct pack_batch batch;
	bool ready; /* prepared; guarded by the ring's lock */
};

struct ahead {
	const struct ahead_ops *ops;
	size_t n;
	struct slot *slots; /* [n] */
	char *rooms;        /* n times PACK_ROOM bytes; pages are touched as they are used */
	pthread_mutex_t lock;
	pthread_cond_t for_workers; /* there may be something to list */
	pthread_cond_t for_writer;  /* the next batch may be ready */
	/* --- guarded by lock; numbers of batches since the beginning --- */
	uint64_t listed;  /* put into slots */
	uint64_t written; /* done with */
	unsigned idle;    /* workers that wait */
	bool listing;     /* a worker lists */
	bool ended;       /* the list has ended */
	bool stopped;     /* nobody wants more */
};

static struct slot *
slot_of(struct ahead *a, uint64_t number)
{
	return &a->slots[number % a->n];
}

struct ahead *
ahead_new(size_t n, const struct ahead_ops *ops)
{
	struct ahead *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->ops = ops;
	a->n = n;
	a->slots = calloc(n, sizeof a->slots[0]);
	a->rooms = malloc(n * PACK_ROOM);
	if (a->slots == NULL || a->rooms == NULL) {
		free(a->slots);
		free(a->rooms);
		free(a);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		pack_batch_init(&a->slots[i].batch, a->rooms + i * PACK_ROOM);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->for_workers, NULL);
	pthread_cond_init(&a->for_writer, NULL);
	return a;
}

void
ahead_free(struct ahead *a, struct worker *w)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++) {
		pack_batch_drop(&a->slots[i].batch, w);
		pack_batch_release(&a->slots[i].batch);
	}
	pthread_cond_destroy(&a->for_writer);
	pthread_cond_destroy(&a->for_workers);
	pthread_mutex_destroy(&a->lock);
	free(a->slots);
	free(a->rooms);
	free(a);
}

/* List entries into B, which is empty. */
static enum ahead_listed
list_batch(struct ahead *a, struct worker *w, struct pack_batch *b)
{
	enum ahead_listed what = LISTED_NOTHING;

	while (b->n < PACK_BATCH && what != LISTED_END) {
		if (b->n > 0 && a->ops->would_wait(a->ops->arg))
			break;
		what = a->ops->list(a->ops->arg, w, &b->items[b->n]);
		if (what == LISTED_ITEM)
			b->n++;
	}
	return what;
}

/* List a batch, and prepare it; the lock is held, but not meanwhile. */
static void
work_once(struct ahead *a, struct worker *w)
{
	uint64_t number = a->listed;
	struct slot *s = slot_of(a, number);

	a->listing = true;
	pthread_mutex_unlock(&a->lock);
	enum ahead_listed what = list_batch(a, w, &s->batch);
	pthread_mutex_lock(&a->lock);
	a->listing = false;
	s->ready = false;
	if (s->batch.n > 0)
		a->listed++;
	if (what == LISTED_END) {
		a->ended = true;
		pthread_cond_broadcast(&a->for_workers);
		pthread_cond_signal(&a->for_writer);
	} else if (a->idle > 0) {
		pthread_cond_signal(&a->for_workers);
	}
	if (s->batch.n == 0)
		return;
	pthread_mutex_unlock(&a->lock);
	a->ops->prepare(a->ops->arg, w, &s->batch);
	pthread_mutex_lock(&a->lock);
	s->ready = true;
	if (number == a->written)
		pthread_cond_signal(&a->for_writer);
}

void
ahead_work(struct ahead *a, struct worker *w)
{
	pthread_mutex_lock(&a->lock);
	while (!a->stopped && !a->ended) {
		if (!a->listing && a->listed - a->written < a->n) {
			work_once(a, w);
			continue;
		}
		a->idle++;
		pthread_cond_wait(&a->for_workers, &a->lock);
		a->idle--;
	}
	pthread_mutex_unlock(&a->lock);
}

struct pack_batch *
ahead_next(struct ahead *a)
{
	struct pack_batch *batch = NULL;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		bool waits = a->written < a->listed;
		if (a->stopped || (!waits && a->ended))
			break;
		if (waits && slot_of(a, a->written)->ready) {
			batch = &slot_of(a, a->written)->batch;
			break;
		}
		pthread_cond_wait(&a->for_writer, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return batch;
}

void
ahead_done(struct ahead *a, struct worker *w)
{
	pack_batch_drop(&slot_of(a, a->written)->batch, w);
	pthread_mutex_lock(&a->lock);
	a->written++;
	/* a quarter of the ring at once: waking a worker for each batch costs more than it does */
	if (a->idle > 0 && a->listed - a->written <= a->n - a->n / 4)
		pthread_cond_signal(&a->for_workers);
	pthread_mutex_unlock(&a->lock);
}

void
ahead_stop(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopped = true;
	pthread_cond_broadcast(&a->for_workers);
	pthread_cond_broadcast(&a->for_writer);
	pthread_mutex_unlock(&a->lock);
}
