/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/taps: each sees what the one before let pass, and hears of the end once. */
#include "pipe/taps.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

#include "tap_fake.h"

enum { N = 3 };

static struct tap_fake fakes[N];
static struct stage *stages[N] = { &fakes[0].stage, &fakes[1].stage, &fakes[2].stage };
static struct taps taps;

static int
prepare(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++)
		fakes[i] = tap_fake();
	taps = (struct taps){ .stages = stages, .n = N };
	return 0;
}

static struct span
ten(void)
{
	return (struct span){ .bytes = "0123456789", .len = 10, .enough = true };
}

static void
no_taps_pass_all(void **state)
{
	struct span s = ten();

	(void)state;
	assert_false(err_failed(taps_feed(NULL, &s)));
	assert_int_equal(s.len, 10);
	assert_false(s.enough);
	assert_false(err_failed(taps_end(NULL, true)));
	taps.n = 0;
	assert_false(err_failed(taps_feed(&taps, &s)));
	assert_int_equal(s.len, 10);
	assert_false(err_failed(taps_end(&taps, true)));
}

static void
each_sees_what_the_one_before_let_pass(void **state)
{
	struct span s = ten();

	(void)state;
	fakes[0].skip = 3;
	fakes[1].drops = 2;
	assert_false(err_failed(taps_feed(&taps, &s)));
	assert_memory_equal(s.bytes, "34567", 5);
	assert_int_equal(s.len, 5);
	assert_false(s.enough);
	assert_int_equal(fakes[0].seen, 10);
	assert_int_equal(fakes[1].seen, 7);
	assert_int_equal(fakes[2].seen, 5);
	assert_true(fakes[2].sum == fnv(0, "34567", 5));
}

static void
nothing_is_shown_to_nobody(void **state)
{
	struct span s = ten();

	(void)state;
	fakes[0].skip = 10;
	assert_false(err_failed(taps_feed(&taps, &s)));
	assert_int_equal(s.len, 0);
	assert_int_equal(fakes[1].calls, 0);
}

static void
enough_of_one_is_enough_for_all(void **state)
{
	struct span s = ten();

	(void)state;
	fakes[1].limit = 4;
	assert_false(err_failed(taps_feed(&taps, &s)));
	assert_true(s.enough);
	assert_true(taps.enough);
	assert_int_equal(s.len, 4);
	assert_int_equal(fakes[2].seen, 4);
	assert_false(err_failed(taps_end(&taps, true)));
	assert_false(fakes[0].whole); /* it saw more than was wanted, and less than all */
	assert_true(fakes[1].whole);
	assert_true(fakes[2].whole);
}

static void
the_first_with_enough_cuts_the_others_off(void **state)
{
	struct span s = ten();

	(void)state;
	fakes[1].limit = 4;
	fakes[2].limit = 3;
	assert_false(err_failed(taps_feed(&taps, &s)));
	assert_int_equal(s.len, 3);
	assert_int_equal(taps.cut, 1);
	fakes[0].end_fails = EIO; /* the others hear of the end all the same */
	fakes[2].end_fails = ENOSPC;
	assert_int_equal(taps_end(&taps, false).code, EIO);
	assert_true(taps.failed);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(fakes[i].ends, 1);
		assert_false(fakes[i].whole);
	}
}

static void
a_failure_stops_the_round_and_is_the_taps_own(void **state)
{
	struct span s = ten();

	(void)state;
	fakes[1].fails = 5;
	assert_int_equal(taps_feed(&taps, &s).code, TAP_FAKE_CODE);
	assert_true(taps.failed);
	assert_int_equal(fakes[0].seen, 10);
	assert_int_equal(fakes[2].calls, 0);
}

int
main(void)
{
#define taps_test(f) cmocka_unit_test_setup(f, prepare)
	const struct CMUnitTest tests[] = {
		taps_test(no_taps_pass_all),
		taps_test(each_sees_what_the_one_before_let_pass),
		taps_test(nothing_is_shown_to_nobody),
		taps_test(enough_of_one_is_enough_for_all),
		taps_test(the_first_with_enough_cuts_the_others_off),
		taps_test(a_failure_stops_the_round_and_is_the_taps_own),
	};
	return cmocka_run_group_tests_name("taps", tests, NULL, NULL);
}
