/* SPDX-License-Identifier: BSD-2-Clause */
/* Two lanes of jobs and the workers that empty them.  No push ever blocks. */
#ifndef DECANT_SCHED_H
#define DECANT_SCHED_H

#include "base/err.h"

struct job;

/* Carry out JOB, which is the callee's from now on, in worker WORKER (0-based). */
typedef void job_run(struct job *job, unsigned worker);

/* What worker WORKER does, with ARG, when there will be no more jobs. */
typedef void sched_retire(void *arg, unsigned worker);

/* What is put in a lane; the first member of the caller's own struct. */
struct job {
	struct job *next; /* the scheduler's while the job is in a lane */
	job_run *run;     /* never NULL */
};

/* The lanes. */
enum lane {
	LANE_DIRS,    /* directories: last in, first out (depth first), unbounded; who fills it must
	               * give its own job back after a bounded number of pushes */
	LANE_BATCHES, /* batches of work: first in, first out, bounded; taken before directories */
	LANE_N        /* number of lanes */
};

/* The scheduler; one mutex inside. */
struct sched;

/*
 * Make a scheduler whose batch lane holds BATCH_CAP jobs; no thread runs yet.
 * DONE_FD, an eventfd, becomes readable when the last job is done after sched_close().
 * NULL = out of memory.
 */
[[nodiscard]] struct sched *sched_new(size_t batch_cap, int done_fd);
/* Free S.  NULL is fine.  The lanes are empty and the workers joined. */
void sched_free(struct sched *s);
/* Have each worker call RETIRE with ARG before its thread ends; before sched_start().  Who joins has to
 * wait for it: it is for what all workers can do at once and the main thread one after the other. */
void sched_at_end(struct sched *s, sched_retire *retire, void *arg);
/* Start N workers, numbered from 0, called "dc-work-<n>".  Fails with THREAD when not even one
 * could be started; with fewer than N the run is only slower. */
struct err sched_start(struct sched *s, unsigned n);
/* Put JOB in LANE.  True: the job is the scheduler's.  False: the batch lane is full and the
 * caller, who still owns JOB, carries it out at once.  Any thread; never blocks. */
[[nodiscard]] bool sched_push(struct sched *s, enum lane lane, struct job *job);
/* Say that the main thread pushes nothing more.  Jobs may still push. */
void sched_close(struct sched *s);
/* True when both lanes are empty and no job runs.  Main thread. */
bool sched_is_idle(struct sched *s);
/* True when a worker waits for work: splitting is worth while.  A hint, without a lock. */
bool sched_is_hungry(const struct sched *s);
/* Join the workers; after sched_close().  The lanes are empty afterwards: canceled jobs are run
 * too, and notice. */
void sched_join(struct sched *s);

#endif
