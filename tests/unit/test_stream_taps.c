/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/stream: taps that are fused into either end: what they shorten, end, and break. */
#include "joints.h"

enum { CONTENT = 1000 * 1000 };

static struct tap_fake tap, after; /* AFTER sees what TAP lets pass */
static struct stage *stages[] = { &tap.stage, &after.stage };
static struct taps taps;

static int
prepare(void **state)
{
	tap = tap_fake();
	after = tap_fake();
	taps = (struct taps){ .stages = stages, .n = 2 };
	return joint_prepare(state);
}

/* The state of a case: the end of the joint that has the taps. */
static bool is_on_in;

static void
fuse(struct joint *j)
{
	taps.enough = false;
	taps.failed = false;
	if (is_on_in)
		j->in.taps = &taps;
	else
		j->out.taps = &taps;
}

/* Call CHECK for both ends of every kind of joint. */
static void
everywhere(void (*check)(struct joint *j, struct joint_writer *w))
{
	for (int end = 0; end < 2; end++) {
		for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
			struct joint j;
			struct joint_writer w = { .bytes = CONTENT, .step = 10007 };
			struct tap_fake first = tap, second = after;

			joint_make(&j, kind);
			is_on_in = end == 1;
			fuse(&j);
			check(&j, &w);
			joint_drop(&j);
			assert_int_equal(tap.ends, 1); /* once, however often it was closed */
			assert_int_equal(after.ends, 1);
			tap = first;
			after = second;
		}
	}
}

static void
check_all(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 1, 5000, 0);

	assert_false(err_failed(r.err));
	assert_false(err_failed(w->err));
	assert_false(err_failed(w->closed));
	assert_int_equal(r.bytes, CONTENT);
	assert_true(r.right);
	assert_int_equal(tap.seen, CONTENT);
	assert_true(tap.sum == r.sum);
	assert_true(tap.whole);
}

static void
every_byte_is_shown(void **state)
{
	(void)state;
	everywhere(check_all);
}

static void
check_skip(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 700, 5000, tap.skip);

	assert_false(err_failed(r.err));
	assert_int_equal(r.bytes, CONTENT - tap.skip);
	assert_true(r.right);
	assert_true(tap.whole);
	assert_int_equal(j->out.bytes, is_on_in ? CONTENT : CONTENT - tap.skip);
}

static void
the_start_can_be_left_out(void **state)
{
	(void)state;
	tap.skip = 123456;
	everywhere(check_skip);
}

static void
check_drops(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 7000, 9000, 0);

	assert_false(err_failed(r.err));
	assert_int_equal(r.bytes, CONTENT - tap.calls * tap.drops);
	assert_int_equal(r.bytes, after.seen);
	assert_true(r.sum == after.sum); /* what passed is one stream without gaps */
}

static void
gaps_are_closed(void **state)
{
	(void)state;
	tap.drops = 3;
	everywhere(check_drops);
}

static void
check_enough(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 1, 5000, tap.skip);

	assert_false(err_failed(r.err));
	assert_int_equal(r.bytes, tap.limit);
	assert_true(r.right);
	assert_true(tap.whole); /* what it wanted */
	assert_true(after.whole);
	assert_true(tap.seen < CONTENT); /* what follows is not even read */
	assert_false(taps.failed);
	if (!is_on_in) {
		assert_true(err_is_broken_pipe(w->err));
		assert_false(err_failed(w->closed)); /* all that was wanted has left */
		assert_int_equal(j->out.bytes, tap.limit);
	} else {
		assert_false(err_failed(in_close(&j->in)));
	}
}

static void
enough_is_the_end(void **state)
{
	(void)state;
	tap.skip = 70000;
	tap.limit = 200001;
	everywhere(check_enough);
	tap.skip = 0;
	tap.limit = 0;
	everywhere(check_enough);
}

static void
check_failure(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 1, 5000, 0);
	struct err e = is_on_in ? r.err : w->err;

	assert_int_equal(e.code, TAP_FAKE_CODE);
	assert_true(taps.failed); /* it is the tap's */
	assert_false(tap.whole);
	assert_false(after.whole);
	assert_true(r.right);
	assert_true(r.bytes <= tap.fails);
	if (!is_on_in) {
		assert_int_equal(w->closed.code, TAP_FAKE_CODE);
		assert_false(err_failed(r.err));
	}
}

static void
a_failure_is_the_taps(void **state)
{
	(void)state;
	tap.fails = 300000;
	everywhere(check_failure);
}

static void
check_end_failure(struct joint *j, struct joint_writer *w)
{
	struct joint_read r = joint_pass(j, w, 1, 5000, 0);

	assert_false(err_failed(r.err));
	assert_int_equal((is_on_in ? in_close(&j->in) : w->closed).code, EDQUOT);
	assert_true(taps.failed);
}

static void
a_failure_at_the_end_fails_the_close(void **state)
{
	(void)state;
	after.end_fails = EDQUOT;
	everywhere(check_end_failure);
}

static void
a_stream_that_fails_is_not_whole(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct out out;

	(void)state;
	out_init(&out, full, true, joint_run.bufs, &joint_run.cancel);
	out.taps = &taps;
	assert_false(err_failed(out_write(&out, "x", 1)));
	assert_int_equal(out_flush(&out).code, ENOSPC);
	assert_int_equal(out_write(&out, "x", 1).code, ENOSPC);
	assert_int_equal(out_close(&out).code, ENOSPC);
	assert_false(taps.failed); /* the stream's own */
	assert_false(tap.whole);

	/* nor one whose producer says so */
	out_init(&out, -1, true, joint_run.bufs, &joint_run.cancel);
	out.taps = &taps;
	assert_false(err_failed(out_write(&out, "x", 1)));
	out.cut_short = true;
	assert_false(err_failed(out_close(&out)));
	assert_false(tap.whole);
}

static void
a_reader_that_stops_cuts_its_taps_off(void **state)
{
	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
		struct joint j;
		const void *bytes;
		size_t n;

		joint_make(&j, kind);
		is_on_in = true;
		fuse(&j);
		tap.whole = true;
		assert_false(err_failed(out_write(&j.out, "x", 1)));
		assert_false(err_failed(out_flush(&j.out)));
		assert_false(err_failed(in_peek(&j.in, 1, &bytes, &n)));
		assert_false(err_failed(in_close(&j.in)));
		assert_false(tap.whole);
		joint_drop(&j);
	}
}

static void
reserving_ends_with_enough(void **state)
{
	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
		struct joint j;
		struct joint_writer w = { .bytes = CONTENT, .step = 10007, .lends = true };

		tap = tap_fake();
		tap.limit = 100000;
		joint_make(&j, kind);
		is_on_in = false;
		fuse(&j);
		struct joint_read r = joint_pass(&j, &w, 1, 5000, 0);
		assert_int_equal(r.bytes, tap.limit);
		assert_true(r.right);
		assert_true(err_is_broken_pipe(w.err));
		assert_false(err_failed(w.closed));
		joint_drop(&j);
	}
}

int
main(void)
{
#define taps_test(f) cmocka_unit_test_setup_teardown(f, prepare, joint_tidy)
	const struct CMUnitTest tests[] = {
		taps_test(every_byte_is_shown),
		taps_test(the_start_can_be_left_out),
		taps_test(gaps_are_closed),
		taps_test(enough_is_the_end),
		taps_test(a_failure_is_the_taps),
		taps_test(a_failure_at_the_end_fails_the_close),
		taps_test(a_stream_that_fails_is_not_whole),
		taps_test(a_reader_that_stops_cuts_its_taps_off),
		taps_test(reserving_ends_with_enough),
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	temp_make(&joint_run.temp);
	int failed = cmocka_run_group_tests_name("stream_taps", tests, NULL, NULL);
	temp_remove(&joint_run.temp);
	return failed;
}
