/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a report: its status, its summary, its file, its failures. */
#include "tests/unit/report_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Two statuses that are asked for in both orders, and the one that wins: 6 3 5 4 1 0. */
static const struct {
	enum exit_code a, b;
	int wins;
} raises[] = {
	{ EXIT_DONE, EXIT_DONE, 0 },
	{ EXIT_DONE, EXIT_PARTIAL, 1 },
	{ EXIT_PARTIAL, EXIT_UNQUIET, 4 },
	{ EXIT_UNQUIET, EXIT_REFUSED, 5 },
	{ EXIT_REFUSED, EXIT_STOPPED, 3 },
	{ EXIT_STOPPED, EXIT_INTEGRITY, 6 },
	{ EXIT_PARTIAL, EXIT_STOPPED, 3 },
	{ EXIT_UNQUIET, EXIT_STOPPED, 3 },
};

static void
the_highest_status_wins(void **state)
{
	struct report_opts opts = options(0);

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(raises); i++) {
		struct report *r = report_new(&opts);
		bool swapped = i & 1;

		report_raise(r, swapped ? raises[i / 2].b : raises[i / 2].a);
		report_raise(r, swapped ? raises[i / 2].a : raises[i / 2].b);
		assert_int_equal(report_finish(r, 0), raises[i / 2].wins);
		report_free(r);
	}
}

static void
errors_are_grouped_when_there_is_more_than_one(void **state)
{
	struct report_opts opts = options(0);
	struct report *r = report_new(&opts);
	struct counts c = { .files = { [ACTION_NEW] = 18190 }, .failed = 99 };

	(void)state;
	opts.resumes = true;
	report_count(r, &c);
	for (int i = 0; i < 1003; i++)
		report_emit(r, &denied);
	report_emit(r, &unquiet);
	str_release(&err);
	assert_int_equal(report_finish(r, 0), 4);
	report_free(r);
	assert_string_equal(err.buf,
	    "decant: 18,190 of 19,194 files copied, 1,004 not:\n"
	    "  permission denied   1,003  s/k, s/k, s/k, ... (1,000 more)\n"
	    "  changed while read  1      s/log (tried twice)\n"
	    "hint: run the same command again; finished files are skipped\n");
}

static const struct counts some_counts = {
	.items = { [ACTION_NEW] = 18100,
	    [ACTION_CHANGED] = 104,
	    [ACTION_UNCHANGED] = 412,
	    [ACTION_DELETED] = 3 },
	.files = { [ACTION_NEW] = 18100, [ACTION_CHANGED] = 104 },
	.how = { [METHOD_CLONE] = 17990, [METHOD_BUFFER] = 200, [METHOD_SENDFILE] = 14 },
	.logical = INT64_C(30) << 30,
	.written = INT64_C(20) << 30,
	.cloned = INT64_C(10) << 30,
};

static void
a_summary_says_what_was_done(void **state)
{
	struct report_opts opts = options(STATS);
	struct report *r = report_new(&opts);

	(void)state;
	report_count(r, &some_counts);
	clock_ns = 25400000000;
	assert_int_equal(report_finish(r, 2), 130);
	report_free(r);
	assert_string_equal(out.buf, "");
	assert_string_equal(err.buf,
	    "decant: 18,204 files, 30.0 GiB in 25.4 s (1.18 GiB/s)\n"
	    "        17,990 cloned (10.0 GiB shared), 214 copied (20.0 GiB written)\n"
	    "        412 unchanged, 3 deleted\n"
	    "        interrupted by a signal\n");
}

static void
a_dry_run_ends_with_its_sum(void **state)
{
	struct report_opts opts = options(DRY | I);
	struct report *r = report_new(&opts);

	(void)state;
	report_count(r, &some_counts);
	report_emit(r, &denied);
	str_release(&out);
	assert_int_equal(report_finish(r, 0), 1);
	report_free(r);
	assert_non_null(strstr(out.buf, "dry run: 18,100 new, 104 changed, 412 unchanged, 3 "
					"delete; 30.0 GiB to write; 1 error\n"));
}

static void
a_report_file_holds_errors_and_summary(void **state)
{
	struct report_opts opts = options(0);
	struct report *r;

	opts.file = "file";
	r = report_new(&opts);
	report_emit(r, &item_new);
	report_emit(r, &denied);
	assert_int_equal(report_finish(r, 0), 1);
	report_free(r);
	assert_ptr_equal(strstr(published.buf, "{\"type\":\"error\""), published.buf);
	assert_non_null(
	    strstr(published.buf, "\n{\"type\":\"summary\",\"result\":\"partial\",\"exit\":1,"));
	assert_non_null(strstr(published.buf, "\"errors\":{\"permission\":1}"));
	clear(state);
	opts.file = "full";
	r = report_new(&opts);
	assert_int_equal(report_finish(r, 0), 3);
	report_free(r);
	assert_string_equal(
	    err.buf, "decant: cannot write the report 'full': No space left on device\n");
}

static void
standard_output_that_fails_is_named_unless_its_reader_left(void **state)
{
	struct report_opts opts = options(V);
	struct report *r = report_new(&opts);

	out_code = ENOSPC;
	report_emit(r, &item_new);
	report_tick(r);
	report_emit(r, &item_new);
	assert_int_equal(report_finish(r, 0), 3);
	report_free(r);
	assert_string_equal(
	    err.buf, "decant: error writing standard output: No space left on device\n");
	clear(state);
	r = report_new(&opts);
	out_code = EPIPE;
	report_emit(r, &item_new);
	assert_int_equal(report_finish(r, 0), 0);
	report_free(r);
	assert_string_equal(err.buf, "");
}

static void
items_are_wanted_by_their_renderers_only(void **state)
{
	static const int wanting[] = { V, I, X, J, DONE0, SKIP0 };
	static const int others[] = { 0, Q, STATS, DRY, STRICT, FAIL0 };

	(void)state;
	for (size_t i = 0; i < COUNT(wanting) + COUNT(others); i++) {
		bool wants = i < COUNT(wanting);
		struct report_opts opts = options(wants ? wanting[i] : others[i - COUNT(wanting)]);
		struct report *r = report_new(&opts);

		assert_int_equal(report_wants_items(r), wants);
		report_free(r);
	}
}

static void
unchanged_items_are_wanted_by_fewer(void **state)
{
	static const struct {
		int flags;
		bool unchanged; /* what -v asks for */
		bool wants;
	} rows[] = {
		{ I, true, true },
		{ J, true, true },
		{ X, false, true },
		{ SKIP0, false, true },
		{ I, false, false },
		{ J, false, false },
		{ V, true, false }, /* lines of -v are of what is done */
		{ DONE0, true, false },
		{ 0, true, false },
	};
	const struct event unchanged = { .kind = EVENT_ITEM,
		.action = ACTION_UNCHANGED,
		.src = "s/u",
		.dst = "d/u",
		.path = "u" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct report_opts opts = options(rows[i].flags);
		struct report *r;

		opts.unchanged = rows[i].unchanged;
		r = report_new(&opts);
		assert_int_equal(report_wants_unchanged(r), rows[i].wants);
		report_emit(r, &unchanged);
		report_tick(r);
		/* who wants no such item would not have printed it either */
		assert_int_equal(out.len > 0, rows[i].wants);
		report_free(r);
		clear(state);
	}
}

static void
a_question_keeps_the_line_away(void **state)
{
	struct report_opts opts = options(V);
	struct report *r;

	(void)state;
	opts.progress = PROGRESS_ALWAYS;
	opts.io.stderr_is_tty = true;
	r = report_new(&opts);
	report_emit(r, &item_new);
	report_tick(r);
	str_release(&err);
	answer = true;
	assert_true(report_ask(r, "'b'"));
	assert_string_equal(err.buf, "\r\033[Kdecant: overwrite 'b'? ");
	answer = false;
	assert_false(report_ask(r, "'b'"));
	str_release(&err);
	report_tick(r);
	assert_memory_equal(err.buf, "\r\033[Kwalking", 10);
	report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_highest_status_wins, clear, clear),
		cmocka_unit_test_setup_teardown(
		    errors_are_grouped_when_there_is_more_than_one, clear, clear),
		cmocka_unit_test_setup_teardown(a_summary_says_what_was_done, clear, clear),
		cmocka_unit_test_setup_teardown(a_dry_run_ends_with_its_sum, clear, clear),
		cmocka_unit_test_setup_teardown(
		    a_report_file_holds_errors_and_summary, clear, clear),
		cmocka_unit_test_setup_teardown(
		    standard_output_that_fails_is_named_unless_its_reader_left, clear, clear),
		cmocka_unit_test_setup_teardown(a_question_keeps_the_line_away, clear, clear),
		cmocka_unit_test(items_are_wanted_by_their_renderers_only),
		cmocka_unit_test_setup_teardown(unchanged_items_are_wanted_by_fewer, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
