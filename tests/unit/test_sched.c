/* SPDX-License-Identifier: BSD-2-Clause */
/* thread/sched: the order of the lanes, one worker and eight, and when it is over. */
#include "sys/proc.h"
#include "thread/sched.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

enum {
	MAX_JOBS = 8,
	MANY = 8,      /* workers of the crowded cases */
	DEPTH = 6,     /* levels of jobs that push jobs */
	FAN_OUT = 3,   /* directories in each */
	BATCHES = 5,   /* batches in each */
	SMALL_LANE = 4 /* a lane that such jobs find full now and then */
};

static const unsigned crews[] = { 1, MANY };

/* What is pushed before the only worker starts, and the order in which it is carried out: a
 * capital is a batch, a small letter a directory. */
static const struct order_case {
	size_t cap;
	const char *pushed;
	const char *refused; /* those of PUSHED that find the lane full */
	const char *expected;
} order_cases[] = {
	{ 4, "", "", "" },
	{ 4, "a", "", "a" },
	{ 4, "abc", "", "cba" },
	{ 4, "ABC", "", "ABC" },
	{ 4, "aAbBcC", "", "ABCcba" },
	{ 2, "ABC", "C", "AB" },
	{ 2, "ABaCbD", "CD", "ABba" },
	{ 1, "AabB", "B", "Aba" },
	{ 0, "Aa", "A", "a" },
	{ 0, "abcdefgh", "", "hgfedcba" },
};

struct letter_job {
	struct job job;
	char letter;
};

static char carried[MAX_JOBS + 1];
static size_t n_carried;

static void
run_letter(struct job *job, unsigned worker)
{
	carried[n_carried++] = ((struct letter_job *)job)->letter;
	carried[n_carried] = '\0';
	if (worker != 0)
		abort();
}

static bool
is_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLIN) != 0;
}

static struct sched *
make(size_t cap, int *done)
{
	assert_false(err_failed(proc_eventfd(done)));
	struct sched *s = sched_new(cap, *done);
	assert_non_null(s);
	assert_true(sched_is_idle(s));
	return s;
}

/* Close S, see its end, and free it. */
static void
see_off(struct sched *s, int *done)
{
	sched_close(s);
	assert_true(is_readable(*done, -1));
	sched_join(s);
	assert_true(sched_is_idle(s));
	assert_true(is_readable(*done, 0));
	sched_free(s);
	proc_close(done);
}

static void
the_lanes_have_their_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof order_cases / sizeof order_cases[0]; i++) {
		const struct order_case *c = &order_cases[i];
		struct letter_job jobs[MAX_JOBS];
		char refused[MAX_JOBS + 1] = "";
		size_t n_refused = 0;
		int done;
		struct sched *s = make(c->cap, &done);

		n_carried = 0;
		carried[0] = '\0';
		for (size_t k = 0; c->pushed[k] != '\0'; k++) {
			char letter = c->pushed[k];
			enum lane lane = letter < 'a' ? LANE_BATCHES : LANE_DIRS;
			jobs[k] = (struct letter_job){ { NULL, run_letter }, letter };
			if (!sched_push(s, lane, &jobs[k].job))
				refused[n_refused++] = letter;
		}
		assert_string_equal(refused, c->refused);
		assert_int_equal(sched_is_idle(s), c->expected[0] == '\0');
		assert_false(err_failed(sched_start(s, 1)));
		see_off(s, &done);
		assert_string_equal(carried, c->expected);
	}
}

/* A job that pushes as many levels of jobs as it is told; each frees itself. */
struct tree_job {
	struct job job;
	struct tree *tree;
	unsigned depth;
};

struct tree {
	struct sched *sched;
	unsigned n_workers;
	atomic_uint dirs, batches, refused, wrong;
};

static void run_tree(struct job *job, unsigned worker);

static void
run_batch(struct job *job, unsigned worker)
{
	struct tree *t = ((struct tree_job *)job)->tree;

	if (worker >= t->n_workers)
		atomic_fetch_add(&t->wrong, 1);
	atomic_fetch_add(&t->batches, 1);
	free(job);
}

static struct job *
tree_job(struct tree *t, job_run *run, unsigned depth)
{
	struct tree_job *j = malloc(sizeof *j);
	if (j == NULL)
		abort();
	*j = (struct tree_job){ { NULL, run }, t, depth };
	return &j->job;
}

static void
run_tree(struct job *job, unsigned worker)
{
	struct tree_job *self = (struct tree_job *)job;
	struct tree *t = self->tree;
	char name[16] = "", expected[16];

	snprintf(expected, sizeof expected, "dc-work-%u", worker);
	pthread_getname_np(pthread_self(), name, sizeof name);
	if (worker >= t->n_workers || strcmp(name, expected) != 0 || sched_is_idle(t->sched))
		atomic_fetch_add(&t->wrong, 1);
	for (unsigned i = 0; i < BATCHES; i++) {
		struct job *batch = tree_job(t, run_batch, 0);
		if (!sched_push(t->sched, LANE_BATCHES, batch)) {
			atomic_fetch_add(&t->refused, 1);
			run_batch(batch, worker);
		}
	}
	for (unsigned i = 0; self->depth > 0 && i < FAN_OUT; i++)
		if (!sched_push(t->sched, LANE_DIRS, tree_job(t, run_tree, self->depth - 1)))
			abort();
	atomic_fetch_add(&t->dirs, 1);
	free(self);
}

static void
jobs_may_push_jobs(void **state)
{
	unsigned expected = 0, level = 1;

	(void)state;
	for (unsigned i = 0; i <= DEPTH; i++, level *= FAN_OUT)
		expected += level;
	for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
		struct tree t = { .n_workers = crews[i] };
		int done;

		t.sched = make(SMALL_LANE, &done);
		assert_false(err_failed(sched_start(t.sched, crews[i])));
		assert_true(sched_push(t.sched, LANE_DIRS, tree_job(&t, run_tree, DEPTH)));
		see_off(t.sched, &done);
		assert_int_equal(t.dirs, expected);
		assert_int_equal(t.batches, expected * BATCHES);
		assert_int_equal(t.wrong, 0);
		if (crews[i] == 1) /* nobody empties the lane while the only worker fills it */
			assert_int_equal(t.refused, expected * (BATCHES - SMALL_LANE));
	}
}

struct gate_job {
	struct job job;
	sem_t *entered, *gate;
};

static void
run_gate(struct job *job, unsigned worker)
{
	struct gate_job *g = (struct gate_job *)job;

	(void)worker;
	sem_post(g->entered);
	sem_wait(g->gate);
}

static void
it_is_over_only_after_the_last_job(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
		sem_t entered, gate;
		struct gate_job job = { { NULL, run_gate }, &entered, &gate };
		int done;
		struct sched *s = make(1, &done);

		sem_init(&entered, 0, 0);
		sem_init(&gate, 0, 0);
		assert_false(err_failed(sched_start(s, crews[i])));
		for (int round = 0; round < 2; round++) {
			assert_true(sched_push(s, LANE_BATCHES, &job.job));
			assert_false(sched_is_idle(s));
			sem_wait(&entered);
			assert_false(sched_is_idle(s));
			if (round == 1)
				sched_close(s);
			assert_false(is_readable(done, 0));
			sem_post(&gate);
			while (round == 0 && !sched_is_idle(s))
				sched_yield();
			if (round == 0) /* idle, but the main thread may push more */
				assert_false(is_readable(done, 0));
		}
		see_off(s, &done);
		sem_destroy(&entered);
		sem_destroy(&gate);
	}
}

static void
without_jobs_it_is_over_when_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
		int done;
		struct sched *s = make(1, &done);

		assert_false(err_failed(sched_start(s, crews[i])));
		while (!sched_is_hungry(s))
			sched_yield();
		assert_false(is_readable(done, 0));
		see_off(s, &done);
	}
}

static void
note_retirement(void *arg, unsigned worker)
{
	atomic_uint *retired = arg;

	atomic_fetch_add(retired, 1U << 8 * worker);
}

static void
each_worker_retires_once(void **state)
{
	atomic_uint retired = 0;
	int done;
	struct sched *s = make(1, &done);

	(void)state;
	sched_at_end(s, note_retirement, &retired);
	assert_false(err_failed(sched_start(s, 3)));
	while (!sched_is_hungry(s))
		sched_yield();
	assert_int_equal(atomic_load(&retired), 0);
	see_off(s, &done);
	assert_int_equal(atomic_load(&retired), 0x010101);
}

static pthread_barrier_t barrier;
static atomic_uint met;

static void
run_barrier(struct job *job, unsigned worker)
{
	(void)job;
	atomic_fetch_or(&met, 1U << worker);
	pthread_barrier_wait(&barrier);
}

/* Each job waits for all others: fewer workers than jobs would never end. */
static void
all_workers_work_at_once(void **state)
{
	struct job jobs[MANY];
	int done;
	struct sched *s = make(MANY, &done);

	(void)state;
	pthread_barrier_init(&barrier, NULL, MANY);
	assert_false(err_failed(sched_start(s, MANY)));
	for (size_t i = 0; i < MANY; i++) {
		jobs[i] = (struct job){ NULL, run_barrier };
		assert_true(sched_push(s, i % 2 == 0 ? LANE_BATCHES : LANE_DIRS, &jobs[i]));
	}
	see_off(s, &done);
	assert_int_equal(met, (1U << MANY) - 1);
	pthread_barrier_destroy(&barrier);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lanes_have_their_order),
		cmocka_unit_test(jobs_may_push_jobs),
		cmocka_unit_test(it_is_over_only_after_the_last_job),
		cmocka_unit_test(without_jobs_it_is_over_when_closed),
		cmocka_unit_test(each_worker_retires_once),
		cmocka_unit_test(all_workers_work_at_once),
	};
	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
