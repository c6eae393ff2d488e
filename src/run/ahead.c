/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of entries that are read ahead. */
#include "run/ahead.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	/* Entries that one worker lists at once, and entries waiting below which it goes on listing:
	 * so that nobody waits for the list, and one worker does not list all there is.  Arbitrary. */
	LIST_RUN = 32,
};

/* One place in the ring. */
struct slot {
	struct pack_item item;
	bool ready; /* prepared; guarded by the ring's lock */
};

struct ahead {
	const struct ahead_ops *ops;
	size_t n;
	struct slot *slots; /* [n] */
	char *blocks;       /* n blocks of PACK_SMALL bytes; pages are touched as they are used */
	pthread_mutex_t lock;
	pthread_cond_t for_workers; /* there may be something to list or prepare */
	pthread_cond_t for_writer;  /* the next entry may be ready */
	/* --- guarded by lock; numbers of entries since the beginning --- */
	uint64_t listed;  /* put into slots */
	uint64_t taken;   /* given to a worker */
	uint64_t written; /* done with */
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
	a->blocks = malloc(n * PACK_SMALL);
	if (a->slots == NULL || a->blocks == NULL) {
		free(a->slots);
		free(a->blocks);
		free(a);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		pack_item_init(&a->slots[i].item, a->blocks + i * PACK_SMALL);
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
	for (uint64_t i = a->written; i < a->listed; i++)
		pack_item_drop(&slot_of(a, i)->item, w);
	for (size_t i = 0; i < a->n; i++)
		pack_item_release(&a->slots[i].item);
	pthread_cond_destroy(&a->for_writer);
	pthread_cond_destroy(&a->for_workers);
	pthread_mutex_destroy(&a->lock);
	free(a->slots);
	free(a->blocks);
	free(a);
}

static bool
has_room(const struct ahead *a)
{
	return a->listed - a->written < a->n;
}

/* True when a worker should list now rather than prepare. */
static bool
should_list(const struct ahead *a)
{
	uint64_t waiting = a->listed - a->taken;

	if (a->listing || a->ended || !has_room(a))
		return false;
	return waiting == 0 || (waiting < LIST_RUN && !a->ops->would_wait(a->ops->arg));
}

/* List some entries; the lock is held, but not while listing. */
static void
list_some(struct ahead *a, struct worker *w)
{
	enum ahead_listed what = LISTED_ITEM;

	a->listing = true;
	for (int i = 0; i < LIST_RUN && what != LISTED_END && !a->stopped && has_room(a); i++) {
		struct pack_item *item = &slot_of(a, a->listed)->item;

		if (i > 0 && a->ops->would_wait(a->ops->arg))
			break;
		pthread_mutex_unlock(&a->lock);
		what = a->ops->list(a->ops->arg, w, item);
		pthread_mutex_lock(&a->lock);
		if (what != LISTED_ITEM)
			continue;
		slot_of(a, a->listed)->ready = false;
		a->listed++;
		pthread_cond_signal(&a->for_workers);
	}
	a->listing = false;
	if (what == LISTED_END) {
		a->ended = true;
		pthread_cond_broadcast(&a->for_writer);
	}
	pthread_cond_broadcast(&a->for_workers);
}

/* Prepare the next entry; the lock is held, but not while preparing. */
static void
prepare_one(struct ahead *a, struct worker *w)
{
	uint64_t number = a->taken++;
	struct slot *s = slot_of(a, number);

	pthread_mutex_unlock(&a->lock);
	a->ops->prepare(a->ops->arg, w, &s->item);
	pthread_mutex_lock(&a->lock);
	s->ready = true;
	if (number == a->written)
		pthread_cond_signal(&a->for_writer);
}

void
ahead_work(struct ahead *a, struct worker *w)
{
	pthread_mutex_lock(&a->lock);
	while (!a->stopped) {
		if (should_list(a))
			list_some(a, w);
		else if (a->taken < a->listed)
			prepare_one(a, w);
		else if (a->ended)
			break;
		else
			pthread_cond_wait(&a->for_workers, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
}

struct pack_item *
ahead_next(struct ahead *a)
{
	struct pack_item *item = NULL;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		bool waits = a->written < a->listed;
		if (a->stopped || (!waits && a->ended))
			break;
		if (waits && slot_of(a, a->written)->ready) {
			item = &slot_of(a, a->written)->item;
			break;
		}
		pthread_cond_wait(&a->for_writer, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return item;
}

void
ahead_done(struct ahead *a, struct worker *w)
{
	pack_item_drop(&slot_of(a, a->written)->item, w);
	pthread_mutex_lock(&a->lock);
	a->written++;
	/* a quarter of the ring at once: waking a worker for each entry costs more than it does */
	if (a->listed - a->written <= a->n - a->n / 4)
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
