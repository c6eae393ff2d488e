/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler.
 *
 *    push(DIRS)  ---> [ stack ] ---+
 *                                  +--> workers, which push again
 *    push(BATCHES) -> [ ring  ] ---+
 *
 * A worker sleeps only when both lanes are empty and some other job still runs; nobody sleeps on a
 * push, so no cycle of waiting can exist.
 */
#include "thread/sched.h"

#include "base/own.h"
#include "sys/proc.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* One worker thread. */
struct worker_thread {
	struct sched *sched;
	unsigned number;
	pthread_t thread;
};

struct sched {
	size_t batch_cap;
	int done_fd;
	sched_retire *retire; /* what each worker does at the end, or NULL */
	void *retire_arg;     /* its */
	unsigned n_workers;
	struct worker_thread *workers;
	atomic_uint hungry; /* workers asleep; read without the lock as a hint */
	pthread_mutex_t lock;
	pthread_cond_t work; /* a job was pushed, or all is over */
	/* --- guarded by lock --- */
	struct job *dirs;          /* top of the stack */
	struct job *batches;       /* head of the queue */
	struct job **batches_tail; /* where the next batch is hung */
	size_t n_batches;
	size_t running; /* jobs being carried out */
	bool closed;    /* the main thread pushes no more */
};

struct sched *
sched_new(size_t batch_cap, int done_fd)
{
	struct sched *s = calloc(1, sizeof *s);
	if (s == NULL)
		return NULL;
	s->batch_cap = batch_cap;
	s->done_fd = done_fd;
	s->batches_tail = &s->batches;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	return s;
}

void
sched_free(struct sched *s)
{
	if (s == NULL)
		return;
	BUG_ON(s->dirs != NULL || s->batches != NULL);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s->workers);
	free(s);
}

static struct job *
pop_locked(struct sched *s)
{
	struct job *job = s->batches;

	if (job != NULL) {
		s->batches = job->next;
		if (s->batches == NULL)
			s->batches_tail = &s->batches;
		s->n_batches--;
		return job;
	}
	job = s->dirs;
	if (job != NULL)
		s->dirs = job->next;
	return job;
}

static bool
is_idle_locked(const struct sched *s)
{
	return s->dirs == NULL && s->batches == NULL && s->running == 0;
}

/* The next job, or NULL when the run is over. */
static struct job *
next_job(struct sched *s)
{
	struct job *job;

	pthread_mutex_lock(&s->lock);
	while ((job = pop_locked(s)) == NULL && !(s->closed && s->running == 0)) {
		atomic_fetch_add(&s->hungry, 1);
		pthread_cond_wait(&s->work, &s->lock);
		atomic_fetch_sub(&s->hungry, 1);
	}
	if (job != NULL)
		s->running++;
	pthread_mutex_unlock(&s->lock);
	return job;
}

static void
job_done(struct sched *s)
{
	pthread_mutex_lock(&s->lock);
	s->running--;
	bool over = s->closed && is_idle_locked(s);
	if (over)
		pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	if (over)
		proc_eventfd_signal(s->done_fd);
}

static void *
work(void *arg)
{
	struct worker_thread *self = arg;
	struct job *job;
	char name[16];

	snprintf(name, sizeof name, "dc-work-%u", self->number);
	proc_name_thread(name);
	while ((job = next_job(self->sched)) != NULL) {
		job->run(job, self->number);
		job_done(self->sched);
	}
	if (self->sched->retire != NULL)
		self->sched->retire(self->sched->retire_arg, self->number);
	return NULL;
}

void
sched_at_end(struct sched *s, sched_retire *retire, void *arg)
{
	s->retire = retire;
	s->retire_arg = arg;
}

struct err
sched_start(struct sched *s, unsigned n)
{
	s->workers = calloc(n, sizeof s->workers[0]);
	if (s->workers == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	int why = 0;
	while (s->n_workers < n) {
		struct worker_thread *w = &s->workers[s->n_workers];
		*w = (struct worker_thread){ .sched = s, .number = s->n_workers };
		why = pthread_create(&w->thread, NULL, work, w);
		if (why != 0)
			break;
		s->n_workers++;
	}
	return s->n_workers > 0 ? ERR_OK : err_make(why, OP_THREAD, SIDE_NONE, -1);
}

bool
sched_push(struct sched *s, enum lane lane, struct job *job)
{
	bool taken = true;

	pthread_mutex_lock(&s->lock);
	if (lane == LANE_DIRS) {
		job->next = s->dirs;
		s->dirs = job;
	} else if (s->n_batches < s->batch_cap) {
		job->next = NULL;
		*s->batches_tail = job;
		s->batches_tail = &job->next;
		s->n_batches++;
	} else {
		taken = false;
	}
	if (taken)
		pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	return taken;
}

void
sched_close(struct sched *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	bool over = is_idle_locked(s);
	if (over)
		pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	if (over)
		proc_eventfd_signal(s->done_fd);
}

bool
sched_is_idle(struct sched *s)
{
	pthread_mutex_lock(&s->lock);
	bool idle = is_idle_locked(s);
	pthread_mutex_unlock(&s->lock);
	return idle;
}

bool
sched_is_hungry(const struct sched *s)
{
	return atomic_load_explicit(&s->hungry, memory_order_relaxed) > 0;
}

void
sched_join(struct sched *s)
{
	for (unsigned i = 0; i < s->n_workers; i++)
		pthread_join(s->workers[i].thread, NULL);
	s->n_workers = 0;
}
