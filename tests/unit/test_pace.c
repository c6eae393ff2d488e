/* SPDX-License-Identifier: BSD-2-Clause */
/* thread/pace: the rate of several takers, by a clock of the test's own; cancellation. */
#include "sys/proc.h"
#include "thread/pace.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

#define SECOND INT64_C(1000000000)

static _Atomic int64_t now_ns = SECOND;

int64_t __wrap_proc_now_ns(void);
struct proc_wake __wrap_proc_wait(int sigfd, int donefd, int timeout_ms);

int64_t
__wrap_proc_now_ns(void)
{
	return now_ns;
}

struct proc_wake
__wrap_proc_wait(int sigfd, int donefd, int timeout_ms)
{
	(void)sigfd;
	(void)donefd;
	now_ns += (int64_t)timeout_ms * 1000000;
	return (struct proc_wake){ 0 };
}

static void
the_rate_is_kept(void **state)
{
	struct cancel cancel;
	struct pace p;

	(void)state;
	assert_false(err_failed(cancel_init(&cancel)));
	pace_init(&p, 1000000, &cancel);
	int64_t began = now_ns;
	for (int i = 0; i < 500; i++)
		assert_false(err_failed(pace_take(&p, 10000)));
	/* 5 MB at 1 MB a second */
	assert_in_range(now_ns - began, 5 * SECOND - SECOND / 5, 5 * SECOND + SECOND / 100);
	/* time in which nothing came is not made up for */
	now_ns += 100 * SECOND;
	began = now_ns;
	for (int i = 0; i < 100; i++)
		assert_false(err_failed(pace_take(&p, 10000)));
	assert_in_range(now_ns - began, SECOND - SECOND / 5, SECOND + SECOND / 100);
	pace_release(&p);
	cancel_release(&cancel);
}

static void
nobody_waits_without_a_rate(void **state)
{
	int64_t began = now_ns;

	(void)state;
	assert_false(err_failed(pace_take(NULL, INT64_MAX)));
	assert_int_equal(now_ns, began);
	assert_int_equal(pace_step(NULL, INT64_MAX), INT64_MAX);
}

static void
steps_are_even(void **state)
{
	struct cancel cancel;
	struct pace p;

	(void)state;
	assert_false(err_failed(cancel_init(&cancel)));
	pace_init(&p, 10 << 20, &cancel);
	assert_int_equal(pace_step(&p, 1 << 30), 1 << 20);
	assert_int_equal(pace_step(&p, 5), 5);
	pace_release(&p);
	pace_init(&p, 1, &cancel);
	assert_int_equal(pace_step(&p, 1 << 30), 4096);
	pace_release(&p);
	cancel_release(&cancel);
}

static void
a_cancellation_ends_the_wait(void **state)
{
	struct cancel cancel;
	struct pace p;

	(void)state;
	assert_false(err_failed(cancel_init(&cancel)));
	pace_init(&p, 1, &cancel);
	cancel_request(&cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	struct err e = pace_take(&p, INT64_MAX);
	assert_int_equal(err_class(e), ERR_CLASS_CANCELED);
	e = pace_take(&p, INT64_MAX);
	assert_int_equal(err_class(e), ERR_CLASS_CANCELED);
	pace_release(&p);
	cancel_release(&cancel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(nobody_waits_without_a_rate),
		cmocka_unit_test(steps_are_even),
		cmocka_unit_test(a_cancellation_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
