/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring.
 *
 *      tail            head                        tail + RING_SIZE
 *       |<--- used ---->|<---------- room ---------->|
 *    ---+---------------+----------------------------+---      memory, and again its mirror
 *       reader looks at    writer fills
 *
 * Each side moves its own counter, which never wraps but with size_t.  Who must sleep says under the
 * lock how much it waits for, looks once more, and sleeps; who moves a counter then looks whether
 * someone waits for that.  Both store, then load what the other stores: sequentially consistent, or
 * each could miss the other.  A writer is woken when half of the ring is free, not for each byte.
 */
#include "thread/ring.h"

#include "base/own.h"
#include "sys/mirror.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

enum {
	CACHE_LINE = 64,      /* bytes; x86-64 and most of arm64 */
	HALF = RING_SIZE / 2, /* room that wakes the writer, and the most that either may ask for */
};

/* One side of a ring that may sleep. */
struct ring_side {
	atomic_size_t waits_for; /* bytes or room that wake it, 0 = it does not sleep */
	atomic_bool closed;      /* set once */
	pthread_cond_t changed; /* with the lock of the ring: something it waits for has happened */
};

struct ring {
	/* The head's line has what never changes too: who wants that wants the head as well. */
	alignas(CACHE_LINE) atomic_size_t head; /* bytes ever committed; the writer's */
	char *memory;                           /* RING_SIZE bytes, mapped twice */
	const struct cancel *cancel;
	pthread_mutex_t lock;                   /* only for sleeping and waking */
	alignas(CACHE_LINE) atomic_size_t tail; /* bytes ever taken; the reader's */
	atomic_bool hung_up;                    /* set once: the reader is not to sleep */
	alignas(CACHE_LINE) struct ring_side writer;
	alignas(CACHE_LINE) struct ring_side reader;
};

struct ring *
ring_new(const struct cancel *c)
{
	struct ring *r = aligned_alloc(CACHE_LINE, sizeof *r);
	if (r == NULL)
		return NULL;
	memset(r, 0, sizeof *r);
	r->cancel = c;
	r->memory = mirror_map(RING_SIZE);
	if (r->memory == NULL) {
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->writer.changed, NULL);
	pthread_cond_init(&r->reader.changed, NULL);
	return r;
}

void
ring_free(struct ring *r)
{
	if (r == NULL)
		return;
	pthread_cond_destroy(&r->reader.changed);
	pthread_cond_destroy(&r->writer.changed);
	pthread_mutex_destroy(&r->lock);
	mirror_unmap(r->memory, RING_SIZE);
	free(r);
}

/* Bytes that were committed and not taken. */
static size_t
used(const struct ring *r)
{
	/* Of two loads the later may be the newer: the tail comes first, so that it is never past
	 * the head.  For either side its own counter is exact. */
	size_t tail = atomic_load(&r->tail);
	return atomic_load(&r->head) - tail;
}

static bool
has_room(const struct ring *r, size_t min)
{
	return RING_SIZE - used(r) >= min || atomic_load(&r->reader.closed) ||
	       cancel_requested(r->cancel);
}

bool
ring_has(const struct ring *r, size_t min)
{
	return used(r) >= min || atomic_load(&r->writer.closed) || atomic_load(&r->hung_up) ||
	       cancel_requested(r->cancel);
}

/* Sleep as SIDE until ENOUGH says that MIN can be had; the other side is to wake us for WAKE_AT. */
static void
sleep_until(struct ring *r, struct ring_side *side,
    bool (*enough)(const struct ring *r, size_t min), size_t min, size_t wake_at)
{
	pthread_mutex_lock(&r->lock);
	for (bool ready = false; !ready; ready = enough(r, min)) {
		atomic_store(&side->waits_for, wake_at);
		if (enough(r, min))
			break;
		pthread_cond_wait(&side->changed, &r->lock);
	}
	atomic_store(&side->waits_for, 0);
	pthread_mutex_unlock(&r->lock);
}

/* Wake SIDE if it waits for NOW_HAS or less. */
static void
wake_if(struct ring *r, struct ring_side *side, size_t now_has)
{
	size_t waits_for = atomic_load(&side->waits_for);

	if (waits_for == 0 || now_has < waits_for)
		return;
	pthread_mutex_lock(&r->lock);
	/* Once is enough: the next commit need not come here while it is on its way. */
	atomic_store(&side->waits_for, 0);
	pthread_cond_signal(&side->changed);
	pthread_mutex_unlock(&r->lock);
}

/* SIDE is done: the other one sees it, asleep or not. */
static void
close_side(struct ring *r, struct ring_side *side, struct ring_side *other)
{
	pthread_mutex_lock(&r->lock);
	atomic_store(&side->closed, true);
	pthread_cond_signal(&other->changed);
	pthread_mutex_unlock(&r->lock);
}

struct err
ring_reserve(struct ring *r, size_t min, void **bytes, size_t *room)
{
	BUG_ON(min > HALF);
	if (!has_room(r, min))
		sleep_until(r, &r->writer, has_room, min, HALF);
	if (atomic_load(&r->reader.closed))
		return err_make(EPIPE, OP_WRITE, SIDE_DST, -1);
	size_t free_now = RING_SIZE - used(r);
	if (free_now < min)
		return err_make(ECANCELED, OP_WRITE, SIDE_DST, -1);
	*bytes = r->memory + atomic_load_explicit(&r->head, memory_order_relaxed) % RING_SIZE;
	*room = free_now;
	return ERR_OK;
}

void
ring_commit(struct ring *r, size_t n)
{
	/* Relaxed: nobody else writes it. */
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed) + n;

	BUG_ON(head - atomic_load_explicit(&r->tail, memory_order_acquire) > RING_SIZE);
	atomic_store(&r->head, head);
	wake_if(r, &r->reader, used(r));
}

void
ring_close_writer(struct ring *r)
{
	close_side(r, &r->writer, &r->reader);
}

struct err
ring_peek(struct ring *r, size_t min, const void **bytes, size_t *n)
{
	BUG_ON(min > HALF);
	if (!ring_has(r, min))
		sleep_until(r, &r->reader, ring_has, min, min);
	/* In this order: what was committed before the end is seen with it. */
	bool ended = atomic_load(&r->writer.closed);
	size_t there = used(r);
	if (there < min && !ended && !cancel_requested(r->cancel))
		return err_make(EPIPE, OP_WRITE, SIDE_DST, -1);
	if (there < min && !ended)
		return err_make(ECANCELED, OP_READ, SIDE_SRC, -1);
	*bytes = r->memory + atomic_load_explicit(&r->tail, memory_order_relaxed) % RING_SIZE;
	*n = there;
	return ERR_OK;
}

void
ring_take(struct ring *r, size_t n)
{
	/* Relaxed: nobody else writes it. */
	size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed) + n;

	BUG_ON(atomic_load_explicit(&r->head, memory_order_acquire) - tail > RING_SIZE);
	atomic_store(&r->tail, tail);
	wake_if(r, &r->writer, RING_SIZE - used(r));
}

void
ring_close_reader(struct ring *r)
{
	close_side(r, &r->reader, &r->writer);
}

void
ring_hang_up(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	atomic_store(&r->hung_up, true);
	pthread_cond_signal(&r->reader.changed);
	pthread_mutex_unlock(&r->lock);
}

void
ring_wake(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->reader.changed);
	pthread_cond_signal(&r->writer.changed);
	pthread_mutex_unlock(&r->lock);
}
