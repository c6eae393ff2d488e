/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that keep the order of what they work on. */
#include "thread/inorder.h"

#include "base/own.h"
#include "sys/proc.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* A piece under way. */
struct place {
	void *piece;
	bool done; /* worked on; guarded by the lock */
};

/* A thread of ours. */
struct hand {
	struct inorder *o; /* back */
	pthread_t thread;
	unsigned number;
};

struct inorder {
	struct inorder_work work;
	const char *name; /* of the threads */
	size_t n;
	struct place *places; /* [n] */
	unsigned room;        /* for threads */
	unsigned n_hands;     /* threads that run */
	struct hand *hands;   /* [room] */
	pthread_mutex_t lock;
	pthread_cond_t for_hands; /* there is a piece to work on */
	pthread_cond_t for_owner; /* the oldest is done */
	/* --- guarded by lock; numbers of pieces since the beginning --- */
	uint64_t put;   /* by the owner, who alone changes it */
	uint64_t begun; /* given to a thread */
	uint64_t taken; /* as PUT */
	bool stopped;   /* nobody wants more */
};

static struct place *
place_of(struct inorder *o, uint64_t number)
{
	return &o->places[number % o->n];
}

struct inorder *
inorder_new(size_t n, unsigned threads, const struct inorder_work *work)
{
	struct inorder *o = calloc(1, sizeof *o);

	if (o == NULL)
		return NULL;
	o->work = *work;
	o->n = n;
	o->room = threads;
	o->places = calloc(n, sizeof o->places[0]);
	o->hands = calloc(threads, sizeof o->hands[0]);
	if (o->places == NULL || o->hands == NULL) {
		free(o->places);
		free(o->hands);
		free(o);
		return NULL;
	}
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->for_hands, NULL);
	pthread_cond_init(&o->for_owner, NULL);
	return o;
}

/* Work on the next piece; the lock is held, but not meanwhile. */
static void
work_once(struct inorder *o, unsigned number)
{
	uint64_t which = o->begun++;
	struct place *p = place_of(o, which);

	pthread_mutex_unlock(&o->lock);
	o->work.work(o->work.arg, p->piece, number);
	pthread_mutex_lock(&o->lock);
	p->done = true;
	if (which == o->taken)
		pthread_cond_signal(&o->for_owner);
}

static void *
hand_main(void *arg)
{
	struct hand *h = arg;
	struct inorder *o = h->o;

	proc_name_thread(o->name);
	pthread_mutex_lock(&o->lock);
	while (!o->stopped) {
		if (o->begun < o->put)
			work_once(o, h->number);
		else
			pthread_cond_wait(&o->for_hands, &o->lock);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

struct err
inorder_start(struct inorder *o, const char *name)
{
	int code = 0;

	o->name = name;
	while (o->n_hands < o->room && code == 0) {
		struct hand *h = &o->hands[o->n_hands];
		*h = (struct hand){ .o = o, .number = o->n_hands };
		code = pthread_create(&h->thread, NULL, hand_main, h);
		if (code == 0)
			o->n_hands++;
	}
	return o->n_hands > 0 ? ERR_OK : err_make(code, OP_THREAD, SIDE_NONE, -1);
}

void
inorder_put(struct inorder *o, void *piece)
{
	BUG_ON(inorder_count(o) == o->n);
	pthread_mutex_lock(&o->lock);
	*place_of(o, o->put) = (struct place){ .piece = piece };
	o->put++;
	pthread_cond_signal(&o->for_hands);
	pthread_mutex_unlock(&o->lock);
}

void *
inorder_take(struct inorder *o)
{
	void *piece;

	if (inorder_count(o) == 0)
		return NULL;
	pthread_mutex_lock(&o->lock);
	while (!place_of(o, o->taken)->done)
		pthread_cond_wait(&o->for_owner, &o->lock);
	piece = place_of(o, o->taken)->piece;
	o->taken++;
	pthread_mutex_unlock(&o->lock);
	return piece;
}

bool
inorder_has(struct inorder *o)
{
	bool has;

	pthread_mutex_lock(&o->lock);
	has = o->taken < o->put && place_of(o, o->taken)->done;
	pthread_mutex_unlock(&o->lock);
	return has;
}

size_t
inorder_count(const struct inorder *o)
{
	return (size_t)(o->put - o->taken);
}

void
inorder_free(struct inorder *o)
{
	if (o == NULL)
		return;
	pthread_mutex_lock(&o->lock);
	o->stopped = true;
	pthread_cond_broadcast(&o->for_hands);
	pthread_mutex_unlock(&o->lock);
	for (unsigned i = 0; i < o->n_hands; i++)
		pthread_join(o->hands[i].thread, NULL);
	pthread_cond_destroy(&o->for_owner);
	pthread_cond_destroy(&o->for_hands);
	pthread_mutex_destroy(&o->lock);
	free(o->hands);
	free(o->places);
	free(o);
}
