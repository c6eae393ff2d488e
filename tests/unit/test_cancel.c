/* SPDX-License-Identifier: BSD-2-Clause */
/* thread/cancel: the first cause wins, and everybody sees that there is one. */
#include "thread/cancel.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

enum {
	THREADS = 8,
	ROUNDS = 50 /* races of all threads */
};

/* The causes in their order; the first is to be kept. */
static const struct err causes[] = {
	{ .code = ENOSPC, .op = OP_WRITE, .side = SIDE_DST, .off = 4096 },
	{ .code = EIO, .op = OP_READ, .side = SIDE_SRC, .off = 0 },
	{ .code = EINTR, .op = OP_NONE, .side = SIDE_NONE, .off = -1 },
};

static bool
is_readable(const struct cancel *c)
{
	struct pollfd p = { .fd = cancel_fd(c), .events = POLLIN };
	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

static void
without_a_request_all_goes_on(void **state)
{
	struct cancel c;

	(void)state;
	assert_false(err_failed(cancel_init(&c)));
	assert_false(cancel_requested(&c));
	assert_false(err_failed(cancel_check(&c)));
	assert_false(err_failed(cancel_cause(&c)));
	assert_false(is_readable(&c));
	cancel_release(&c);
	assert_int_equal(cancel_fd(&c), -1);
}

static void
the_first_cause_wins(void **state)
{
	struct cancel c;

	(void)state;
	assert_false(err_failed(cancel_init(&c)));
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
		cancel_request(&c, causes[i]);
		struct err why = cancel_cause(&c);
		assert_int_equal(why.code, causes[0].code);
		assert_int_equal(why.op, causes[0].op);
		assert_int_equal(why.side, causes[0].side);
		assert_int_equal(why.off, causes[0].off);
		assert_true(cancel_requested(&c));
		assert_int_equal(cancel_check(&c).code, ECANCELED);
		assert_int_equal(err_class(cancel_check(&c)), ERR_CLASS_CANCELED);
		assert_true(is_readable(&c));
	}
	cancel_release(&c);
}

struct racer {
	struct cancel *cancel;
	pthread_barrier_t *start;
	int code;
	int seen; /* the cause after its own request */
};

static void *
race(void *arg)
{
	struct racer *r = arg;

	pthread_barrier_wait(r->start);
	cancel_request(r->cancel, err_make(r->code, OP_READ, SIDE_SRC, -1));
	r->seen = cancel_requested(r->cancel) ? cancel_cause(r->cancel).code : 0;
	return NULL;
}

static void
of_threads_that_race_one_wins(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct racer racers[THREADS];
		pthread_t threads[THREADS];
		pthread_barrier_t start;
		struct cancel c;

		assert_false(err_failed(cancel_init(&c)));
		pthread_barrier_init(&start, NULL, THREADS);
		for (int i = 0; i < THREADS; i++) {
			racers[i] = (struct racer){ &c, &start, i + 1, 0 };
			assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
		}
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		int winner = cancel_cause(&c).code;
		assert_in_range(winner, 1, THREADS);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(racers[i].seen, winner);
		assert_true(is_readable(&c));
		pthread_barrier_destroy(&start);
		cancel_release(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_request_all_goes_on),
		cmocka_unit_test(the_first_cause_wins),
		cmocka_unit_test(of_threads_that_race_one_wins),
	};
	return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
