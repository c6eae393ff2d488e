/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/engine: each rung's answers to each error and fault, what is remembered, cancellation.
 * Link as engine_fake.h says.
 */
#include "engine_fake.h"

static void
a_tree_asks_once(void **state)
{
	struct moved out;
	(void)state;
	cloning.code = EOPNOTSUPP;
	ranging.code = EOPNOTSUPP;
	for (int i = 0; i < 3; i++) {
		open_pair("/dev/shm");
		fill(src, 0, 100000);
		assert_int_equal(copy(&out).code, 0);
		assert_int_equal(out.method, METHOD_SENDFILE);
		assert_int_equal(out.refused, METHOD_COPY_RANGE);
		assert_int_equal(out.refusal, EOPNOTSUPP);
		close_pair();
	}
	assert_int_equal(cloning.calls, 1);
	assert_int_equal(ranging.calls, 1);
	assert_int_equal(sending.calls, 3);
}

/* What a rung must answer to an error before it has moved anything. */
struct verdict {
	int code;
	bool goes_on; /* on a local file system */
};

static const struct verdict verdicts[] = {
	{ ENOSYS, true },
	{ EXDEV, true },
	{ EOPNOTSUPP, true },
	{ ENOTTY, true },
	{ EINVAL, true },
	{ EBADF, true },
	{ ETXTBSY, true },
	{ EISDIR, true },
	{ EPERM, true },
	{ EACCES, true },
	{ EIO, false },
	{ ENOENT, false },
	{ EUCLEAN, false },
	{ ENOSPC, false },
	{ EDQUOT, false },
	{ ENOMEM, false },
	{ EFBIG, false },
};

enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

static void
errors_before_any_data_go_on_or_stop(void **state)
{
	struct means *const rungs[] = { &cloning, &ranging, &sending };

	static const enum method next[] = { METHOD_COPY_RANGE, METHOD_SENDFILE, METHOD_BUFFER };

	(void)state;
	for (size_t i = 0; i < 3 * VERDICTS; i++) {
		struct verdict v = verdicts[i / 3];
		struct moved out;
		open_pair(i % 2 == 0 ? "/tmp" : "/dev/shm");
		calm();
		for (size_t r = 0; r < i % 3; r++)
			rungs[r]->code = EOPNOTSUPP;
		rungs[i % 3]->code = v.code;
		if (v.goes_on) {
			expect_copy(BIG, next[i % 3]);
		} else {
			fill(src, 0, BIG);
			struct err e = copy(&out);
			assert_int_equal(e.code, v.code);
			assert_int_equal(out.bytes, 0);
			if (i % 3 < 2)
				assert_int_equal(sending.calls, 0);
		}
		close_pair();
	}
}

static void
errors_of_a_server_are_taken_for_refusals(void **state)
{
	(void)state;
	open_pair("/tmp");
	fs_type = NFS_SUPER_MAGIC;
	cloning.code = EIO;
	ranging.code = ENOENT;
	expect_copy(BIG, METHOD_SENDFILE);
	close_pair();

	struct moved out;
	open_pair("/tmp");
	calm();
	fs_type = NFS_SUPER_MAGIC;
	ranging.code = ENOSPC;
	fill(src, 0, BIG);
	assert_int_equal(copy(&out).code, ENOSPC);
	assert_int_equal(sending.calls, 0);
	close_pair();
}

static void
errors_after_data_start_again_or_stop(void **state)
{
	struct means *const rungs[] = { &ranging, &sending };

	static const enum method next[] = { METHOD_SENDFILE, METHOD_BUFFER };

	(void)state;
	for (size_t i = 0; i < 2 * VERDICTS; i++) {
		int code = verdicts[i / 2].code;
		struct moved out;
		open_pair("/tmp");
		calm();
		if (i % 2 == 1)
			ranging.code = EOPNOTSUPP;
		rungs[i % 2]->code = code;
		rungs[i % 2]->from = 500000;
		if (code == EXDEV || code == EOPNOTSUPP || code == EINVAL) {
			expect_copy(BIG, next[i % 2]);
			/* Not remembered: it was about this file. */
			struct dev_pair devs = { stat_of(src).st_dev, stat_of(dst).st_dev };
			enum method m = i % 2 == 0 ? METHOD_COPY_RANGE : METHOD_SENDFILE;
			assert_int_equal(refusals_get(&refusals, devs, m), 0);
		} else {
			fill(src, 0, BIG);
			struct err e = copy(&out);
			assert_int_equal(e.code, code);
			assert_int_equal(e.off, 500000);
			assert_int_equal(out.bytes, 500000);
			assert_int_equal(live, 500000);
			assert_int_equal(rungs[i % 2]->calls, 2);
		}
		close_pair();
	}
}

static void
an_unreadable_source_is_told_from_a_broken_destination(void **state)
{
	struct moved out;
	(void)state;
	for (int broken = 0; broken < 2; broken++) {
		open_pair("/tmp");
		calm();
		ranging.code = EIO;
		source_broken = broken;
		fill(src, 0, BIG);
		struct err e = copy(&out);
		assert_int_equal(e.code, EIO);
		assert_int_equal(e.side, broken ? SIDE_SRC : SIDE_DST);
		assert_int_equal(e.off, 0);
		close_pair();
	}
}

static void
short_counts_go_on(void **state)
{
	(void)state;
	open_pair("/tmp");
	ranging.most = 77777;
	expect_copy(BIG, METHOD_COPY_RANGE);
	assert_int_equal(ranging.calls, (BIG + 77776) / 77777);
	close_pair();
}

/* Row 20 of tests/STAGES.md. */
static void
moving_nothing_is_not_believed(void **state)
{
	static const int64_t from[] = { 0, 300000 };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_pair("/tmp");
		calm();
		ranging = (struct means){ .nothing = true, .from = from[i] };
		expect_copy(BIG, METHOD_SENDFILE);
		close_pair();
		open_pair("/tmp");
		calm();
		ranging = (struct means){ .nothing = true, .from = from[i] };
		sending = (struct means){ .nothing = true, .from = 600000 };
		expect_copy(BIG, METHOD_BUFFER);
		close_pair();
	}
}

static void
holes_survive_starting_again(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	ranging = (struct means){ .code = EINVAL, .from = 524288 };
	fill_sparse();
	assert_int_equal(copy(&out).code, 0);
	assert_int_equal(out.method, METHOD_SENDFILE);
	assert_int_equal(out.holes, (1 << 20) + 77 - 12288);
	assert_int_equal(live, out.bytes);
	assert_same_content(src, dst);
	assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
	close_pair();
}

static void
what_a_failed_clone_left_is_removed(void **state)
{
	struct moved out;
	(void)state;
	for (int sparse = 0; sparse < 2; sparse++) {
		open_pair("/tmp");
		calm();
		clone_litters = true;
		cloning.code = EINVAL;
		if (sparse) {
			fill_sparse();
			assert_int_equal(copy(&out).code, 0);
			assert_same_content(src, dst);
			assert_int_equal(stat_of(dst).st_blocks, stat_of(src).st_blocks);
		} else {
			expect_copy(BIG, METHOD_COPY_RANGE);
		}
		close_pair();
	}
}

static void
cancellation_comes_between_ranges(void **state)
{
	struct moved out;
	(void)state;
	open_pair("/tmp");
	fill(src, 0, BIG);
	cancel_request(&cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	assert_int_equal(copy(&out).code, ECANCELED);
	assert_int_equal(cloning.calls + ranging.calls, 0);
	close_pair();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_asks_once, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_before_any_data_go_on_or_stop, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_of_a_server_are_taken_for_refusals, reset, release),
		cmocka_unit_test_setup_teardown(
		    errors_after_data_start_again_or_stop, reset, release),
		cmocka_unit_test_setup_teardown(
		    an_unreadable_source_is_told_from_a_broken_destination, reset, release),
		cmocka_unit_test_setup_teardown(short_counts_go_on, reset, release),
		cmocka_unit_test_setup_teardown(moving_nothing_is_not_believed, reset, release),
		cmocka_unit_test_setup_teardown(holes_survive_starting_again, reset, release),
		cmocka_unit_test_setup_teardown(
		    what_a_failed_clone_left_is_removed, reset, release),
		cmocka_unit_test_setup_teardown(cancellation_comes_between_ranges, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
