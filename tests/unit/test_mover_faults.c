/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/mover: refusals half way, readers that stall or go away, cancellations while it waits. */
#include "mover_fake.h"

enum {
	PIECE = 70001,    /* bytes of a call, so that there are several */
	PROMPT_MS = 200,  /* from a cancellation to the end */
	STALL_MS = 100,   /* for which a reader does nothing */
	STALL_CPU_MS = 20 /* what waiting for it may cost; STAGES.md row 12 */
};

static const enum kind inputs[] = { KIND_FILE, KIND_INSIDE, KIND_PIPE, KIND_UNIX, KIND_TCP };

static const enum kind outputs[] = { KIND_FILE, KIND_INSIDE, KIND_PIPE, KIND_UNIX, KIND_TCP };

enum { INPUTS = sizeof inputs / sizeof inputs[0], OUTPUTS = sizeof outputs / sizeof outputs[0] };

/* The number of descriptors that the process has. */
static size_t
count_fds(void)
{
	int fd = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = count_names(fd);
	close(fd);
	return n;
}

/* No ladder, and means that refuse with CODE after that many calls that worked. */
static void
refuse(int code, int after)
{
	calm();
	mover.engine = NULL;
	splices = sends = ranges = (struct refuser){ .code = code, .after = after, .most = PIECE };
}

static void
a_refusal_is_followed_at_the_exact_byte(void **state)
{
	static const int codes[] = { EINVAL, ENOSYS, EOPNOTSUPP, EXDEV, EPERM };

	(void)state;
	size_t before = count_fds();
	for (int n = 0; n < INPUTS * OUTPUTS * 4; n++) {
		struct point in = { .kind = inputs[n / 4 / OUTPUTS] };
		struct point out = { .kind = outputs[n / 4 % OUTPUTS] };
		refuse(codes[n % 5], n % 4);
		expect_move(&in, &out, MOVED_BY_BUFFER);
		assert_int_equal(splices.calls + sends.calls + ranges.calls, n % 4 + 1);
	}
	/* But for a pipe that is kept; one with bytes in it would not be. */
	pipepool_free(pool);
	pool = pipepool_new(1);
	assert_int_equal(count_fds(), before);
}

/* Rows 5, 10, 23 of tests/STAGES.md. */
static void
what_is_no_refusal_is_the_end(void **state)
{
	(void)state;
	for (int n = 0; n < INPUTS * OUTPUTS; n++) {
		struct point in = { .kind = inputs[n / OUTPUTS], .size = SIZE };
		struct point out = { .kind = outputs[n % OUTPUTS] };
		refuse(EIO, 2);
		make_point(&in, true);
		make_point(&out, false);
		start_point(&in, true);
		start_point(&out, false);
		assert_int_equal(run_fds(in.fd, out.fd).code, EIO);
		end_point(&in, true);
		end_point(&out, false);
		assert_in_range(mover.bytes, 1, SIZE - 1);
		assert_int_equal(out.got, mover.bytes);
		assert_false(out.wrong);
	}
}

static void
what_is_not_ready_is_tried_again(void **state)
{
	(void)state;
	for (int n = 0; n < INPUTS * OUTPUTS; n++) {
		struct point in = { .kind = inputs[n / OUTPUTS] };
		struct point out = { .kind = outputs[n % OUTPUTS] };
		refuse(0, 0);
		splices.again = sends.again = 3;
		expect_move(&in, &out, ANY);
		assert_int_not_equal(mover.by, MOVED_BY_BUFFER);
	}
}

static void
nobody_reads_is_a_broken_pipe(void **state)
{
	(void)state;
	size_t before = count_fds();
	for (int n = 0; n < INPUTS * OUTPUTS * 2; n++) {
		struct point in = { .kind = inputs[n / 2 / OUTPUTS], .size = SIZE };
		struct point out = { .kind = outputs[n / 2 % OUTPUTS] };
		if (out.kind < KIND_PIPE || out.kind == KIND_TCP)
			continue; /* TCP learns of it later */
		calm();
		mover.keeps_pages = n % 2 != 0;
		make_point(&in, true);
		make_point(&out, false);
		close(out.other);
		out.other = -1;
		start_point(&in, true);
		assert_true(err_is_broken_pipe(run_fds(in.fd, out.fd)));
		assert_int_equal(mover.bytes, 0);
		end_point(&in, true);
		end_point(&out, false);

		/* Nothing of it is seen by the next one. */
		struct point next_in = { .kind = KIND_UNIX };
		struct point next_out = { .kind = KIND_FILE };
		calm();
		expect_move(&next_in, &next_out, MOVED_BY_SPLICES);
	}
	pipepool_free(pool);
	pool = pipepool_new(1);
	assert_int_equal(count_fds(), before);
}

/* Row 12 of tests/STAGES.md. */
static void
a_reader_that_stalls_costs_nothing(void **state)
{
	(void)state;
	for (int n = 0; n < INPUTS * OUTPUTS * 2; n++) {
		struct point in = { .kind = inputs[n / 2 / OUTPUTS], .size = 16 << 20 };
		struct point out = { .kind = outputs[n / 2 % OUTPUTS] };
		if (out.kind < KIND_PIPE || in.kind == KIND_INSIDE)
			continue;
		calm();
		mover.keeps_pages = n % 2 != 0;
		make_point(&in, true);
		make_point(&out, false);
		if (n % 3 == 0)
			assert_false(err_failed(fd_set_nonblocking(out.fd)));
		start_point(&in, true);
		/* Nobody reads: only the wait is measured. */
		int64_t cpu = now_ms(CLOCK_THREAD_CPUTIME_ID);
		int64_t late = run_until_canceled(in.fd, out.fd, STALL_MS);
		cpu = now_ms(CLOCK_THREAD_CPUTIME_ID) - cpu;
		end_point(&in, true);
		end_point(&out, false);
		uncancel();
		assert_in_range(late, 0, PROMPT_MS);
		if (cpu > STALL_CPU_MS)
			fail_msg("%d to %d: %d ms", in.kind, out.kind, (int)cpu);
	}
}

static void
a_slow_reader_gets_all(void **state)
{
	(void)state;
	for (int n = 0; n < INPUTS * OUTPUTS; n++) {
		struct point in = { .kind = inputs[n / OUTPUTS] };
		struct point out = { .kind = outputs[n % OUTPUTS], .sleep_ms = 20 };
		calm();
		expect_move(&in, &out, ANY);
	}
}

static void
a_wait_for_input_ends_with_the_run(void **state)
{
	(void)state;
	for (int i = KIND_PIPE; i <= KIND_TTY; i++) {
		for (int o = 0; o < KIND_N; o++) {
			struct point in = { .kind = i, .size = 640, .waits = true };
			struct point out = { .kind = o };
			calm();
			make_point(&in, true);
			make_point(&out, false);
			start_point(&in, true);
			start_point(&out, false);
			assert_in_range(run_until_canceled(in.fd, out.fd, 20), 0, PROMPT_MS);
			end_point(&in, true);
			end_point(&out, false);
			assert_int_equal(mover.bytes, 640);
			if (o != KIND_NULL)
				assert_int_equal(out.got, 640);
			uncancel();
		}
	}
}

static void
a_run_that_was_canceled_moves_nothing(void **state)
{
	(void)state;
	cancel_request(&cancel, ERR_OK);
	for (int n = 0; n < INPUTS * OUTPUTS; n++) {
		struct point in = { .kind = inputs[n / OUTPUTS], .size = 640 };
		struct point out = { .kind = outputs[n % OUTPUTS] };
		calm();
		make_point(&in, true);
		make_point(&out, false);
		start_point(&in, true);
		assert_int_equal(run_fds(in.fd, out.fd).code, ECANCELED);
		assert_int_equal(mover.bytes, 0);
		end_point(&in, true);
		end_point(&out, false);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_refusal_is_followed_at_the_exact_byte, reset, release),
		cmocka_unit_test_setup_teardown(what_is_no_refusal_is_the_end, reset, release),
		cmocka_unit_test_setup_teardown(what_is_not_ready_is_tried_again, reset, release),
		cmocka_unit_test_setup_teardown(nobody_reads_is_a_broken_pipe, reset, release),
		cmocka_unit_test_setup_teardown(a_reader_that_stalls_costs_nothing, reset, release),
		cmocka_unit_test_setup_teardown(a_slow_reader_gets_all, reset, release),
		cmocka_unit_test_setup_teardown(a_wait_for_input_ends_with_the_run, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_run_that_was_canceled_moves_nothing, reset, release),
	};
	ignore_sigpipe();
	return cmocka_run_group_tests_name("mover_faults", tests, NULL, NULL);
}
