/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of one file.  Whoever began takes pieces like the others, and then waits for those that are
 * under way; who comes after that finds none left.
 */
#include "run/pieces.h"

#include <pthread.h>
#include <stdlib.h>

enum {
	/* A file of at least two pieces is worth a second worker.  Arbitrary: some milliseconds each,
	 * beside which a job is nothing. */
	PIECE = 16 << 20
};

/* The pieces of a file; freed by who leaves last. */
struct pieces {
	struct run *run;
	int64_t size;
	piece_work *work;
	void *arg; /* the caller's, who waits: whoever has a piece may use it */
	pthread_mutex_t lock;
	pthread_cond_t quiet; /* no piece is under way */
	/* --- guarded by lock --- */
	unsigned users; /* the caller, and jobs that exist */
	unsigned busy;  /* pieces under way */
	int64_t next;   /* beginning of the next piece; SIZE when there is none */
	struct err err; /* the first failure */
			/* --- end of guarded --- */
};

/* A job that helps. */
struct aid {
	struct job job; /* first */
	struct pieces *pieces;
};

/* Take the next piece; false when there is none. */
static bool
take(struct pieces *p, int64_t *from, int64_t *to)
{
	pthread_mutex_lock(&p->lock);
	if (err_failed(p->err))
		p->next = p->size;
	*from = p->next;
	*to = p->size - *from > PIECE ? *from + PIECE : p->size;
	p->next = *to;
	p->busy += *from < *to;
	pthread_mutex_unlock(&p->lock);
	return *from < *to;
}

static void
give_back(struct pieces *p, struct err err)
{
	pthread_mutex_lock(&p->lock);
	if (!err_failed(p->err))
		p->err = err;
	if (--p->busy == 0)
		pthread_cond_signal(&p->quiet);
	pthread_mutex_unlock(&p->lock);
}

static void
work(struct worker *w, struct pieces *p)
{
	int64_t from;
	int64_t to;

	while (take(p, &from, &to))
		give_back(p, p->work(w, p->arg, from, to));
}

static void
leave(struct pieces *p)
{
	pthread_mutex_lock(&p->lock);
	bool last = --p->users == 0;
	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	pthread_cond_destroy(&p->quiet);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void
run_aid(struct job *job, unsigned number)
{
	struct pieces *p = ((struct aid *)job)->pieces;

	free(job);
	work(&p->run->workers[number], p);
	leave(p);
}

/* Ask for a worker's help; that nobody has time is no matter. */
static void
ask_for_help(struct pieces *p)
{
	struct aid *aid = malloc(sizeof *aid);

	if (aid == NULL)
		return;
	aid->job.run = run_aid;
	aid->pieces = p;
	pthread_mutex_lock(&p->lock);
	p->users++;
	pthread_mutex_unlock(&p->lock);
	if (sched_push(p->run->sched, LANE_BATCHES, &aid->job))
		return;
	free(aid);
	leave(p); /* never the last: the caller is one */
}

struct err
pieces_share(struct worker *w, int64_t size, piece_work *do_piece, void *arg)
{
	int64_t n = size / PIECE;
	struct pieces *p =
	    n >= 2 && w->run->started && w->run->n_workers > 1 ? calloc(1, sizeof *p) : NULL;

	if (p == NULL)
		return size > 0 ? do_piece(w, arg, 0, size) : ERR_OK;
	p->run = w->run;
	p->size = size;
	p->work = do_piece;
	p->arg = arg;
	p->users = 1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->quiet, NULL);
	for (unsigned i = 1; i < w->run->n_workers && (int64_t)i < n; i++)
		ask_for_help(p);
	work(w, p);
	pthread_mutex_lock(&p->lock);
	while (p->busy > 0)
		pthread_cond_wait(&p->quiet, &p->lock);
	struct err err = p->err;
	pthread_mutex_unlock(&p->lock);
	leave(p);
	return err;
}
