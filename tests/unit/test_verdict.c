/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/verdict: which end matters, which pass, their words and statuses. */
#include "pipe/verdict.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A letter a stage: . well, F early (finished), P broken pipe, S failed start, C canceled, digits
 * are failures that can be told apart. */
static const struct {
	const char *stages;
	int chosen;
	bool early;
} pipelines[] = {
	/* STAGES.md, section 2.6: the seventeen. */
	{ "...", -1, false },
	{ "1", 0, false },
	{ ".1.", 1, false },
	{ ".12.", 1, false },
	{ ".P1.", 2, false },
	{ ".1P.", 1, false },
	{ ".1.2.", 1, false },
	{ ".F.F.", -1, false },
	{ "1F", 0, false },
	{ "F1", 1, true },
	{ "PF", -1, true },
	{ "PFF", -1, true },
	{ "PPF", -1, true },
	{ "P.F", 0, false },
	{ "FP", 1, true },
	{ "1PF", 0, false },
	{ "P1F", 1, false },
	/* What the table leaves open. */
	{ "", -1, false },
	{ "F", -1, true },
	{ "P", 0, false },
	{ "PP", 1, false },
	{ "PP.", 1, false },
	{ "FPF", -1, true },
	{ "P.P1P", 3, false },
	{ "C1", 0, false },
	{ "CCS", 2, false },
	{ "1PS", 2, false },
	{ "S", 0, false },
};

static size_t
parse(const char *letters, struct verdict *all)
{
	size_t n = strlen(letters);

	for (size_t i = 0; i < n; i++) {
		static const char kinds[] = ".FP_S__C";
		const char *at = strchr(kinds, letters[i]);
		all[i] = (struct verdict){
			.kind = at != NULL ? (enum verdict_kind)(at - kinds) : VERDICT_EXIT,
			.code = letters[i] - '0',
		};
	}
	return n;
}

/* Row 73 of tests/STAGES.md. */
static void
the_verdict_that_matters_is_chosen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pipelines) / sizeof(pipelines[0]); i++) {
		struct verdict all[8];
		size_t n = parse(pipelines[i].stages, all);
		int chosen = verdict_choose(all, n);
		if (chosen != pipelines[i].chosen)
			print_message("# %s\n", pipelines[i].stages);
		assert_int_equal(chosen, pipelines[i].chosen);
	}
}

static void
a_pipeline_is_early_when_its_first_stage_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pipelines) / sizeof(pipelines[0]); i++) {
		struct verdict all[8];
		size_t n = parse(pipelines[i].stages, all);
		if (verdict_is_early(all, n) != pipelines[i].early)
			print_message("# %s\n", pipelines[i].stages);
		assert_int_equal(verdict_is_early(all, n), pipelines[i].early);
	}
}

static bool
ignored(const char *text, enum verdict_kind kind, int code)
{
	struct verdict_ignore ig = { 0 };
	struct verdict v = { .kind = kind, .code = code };

	assert_true(verdict_ignore_parse(text, &ig));
	return verdict_is_ignored(&ig, &v);
}

/* Row 74 of tests/STAGES.md. */
static void
what_is_named_is_ignored(void **state)
{
	(void)state;
	assert_true(ignored("pipe", VERDICT_PIPE, 0));
	assert_false(ignored("pipe", VERDICT_EXIT, 1));
	assert_false(ignored("pipe", VERDICT_ERR, 0));
	assert_true(ignored("exit:1", VERDICT_EXIT, 1));
	assert_false(ignored("exit:1", VERDICT_EXIT, 2));
	assert_false(ignored("exit:1", VERDICT_SIGNAL, 1));
	assert_true(ignored("exit:255", VERDICT_EXIT, 255));
	assert_true(ignored("exit:1,exit:3", VERDICT_EXIT, 3));
	assert_true(ignored("pipe,exit:3", VERDICT_PIPE, 0));
	assert_true(ignored("signal:15", VERDICT_SIGNAL, 15));
	assert_false(ignored("signal:15", VERDICT_EXIT, 15));
	assert_false(ignored("signal:15", VERDICT_SIGNAL, 9));
	assert_true(ignored("signal:TERM", VERDICT_SIGNAL, SIGTERM));
	assert_true(ignored("signal:SIGTERM", VERDICT_SIGNAL, SIGTERM));
	assert_true(ignored("signal:sigterm", VERDICT_SIGNAL, SIGTERM));
	assert_true(ignored("signal:63", VERDICT_SIGNAL, 63));
	assert_true(ignored("signal:PIPE", VERDICT_PIPE, 0));
}

static void
any_is_every_failure_but_a_failed_start(void **state)
{
	static const bool passes[VERDICT_N] = {
		[VERDICT_PIPE] = true,
		[VERDICT_ERR] = true,
		[VERDICT_EXIT] = true,
		[VERDICT_SIGNAL] = true,
		[VERDICT_DEADLINE] = true,
		[VERDICT_MEMORY] = true,
	};
	(void)state;
	for (enum verdict_kind k = 0; k < VERDICT_N; k++)
		assert_int_equal(ignored("any", k, 1), passes[k]);
}

static void
nothing_is_ignored_unasked(void **state)
{
	const struct verdict_ignore none = { 0 };
	(void)state;
	for (enum verdict_kind k = 0; k < VERDICT_N; k++) {
		for (int code = -1; code < 300; code++) {
			struct verdict v = { .kind = k, .code = code };
			assert_false(verdict_is_ignored(&none, &v));
		}
	}
}

static void
what_is_no_end_is_refused(void **state)
{
	static const char *const wrong[] = { "", "Pipe", "pip", "pipes", "all", "exit",
		"exit:", "exit:0", "exit:256", "exit:1x", "exit:-1", "exit: 1", "exit:99999999999",
		"signal:", "signal:0", "signal:64", "signal:FOO", "signal:SIG", "pipe,", ",pipe",
		"pipe,,any", "pipe any", "exit:1,2" };
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct verdict_ignore ig = { 0 };
		if (verdict_ignore_parse(wrong[i], &ig))
			print_message("# %s\n", wrong[i]);
		assert_false(verdict_ignore_parse(wrong[i], &ig));
	}
}

static const struct {
	struct verdict verdict;
	const char *words;
	int status;
} ends[] = {
	{ { .kind = VERDICT_OK }, "done", 0 },
	{ { .kind = VERDICT_EARLY }, "ended early: it had enough", 0 },
	{ { .kind = VERDICT_PIPE }, "nobody reads its output", 1 },
	{ { .kind = VERDICT_ERR, .err = { .code = EIO, .op = OP_READ, .side = SIDE_SRC } },
	    "error reading: Input/output error", 1 },
	{ { .kind = VERDICT_ERR, .err = { .code = ENOSPC, .op = OP_WRITE, .side = SIDE_DST } },
	    "error writing: No space left on device", 3 },
	{ { .kind = VERDICT_ERR,
	      .err = { .code = ENOSPC, .op = OP_CLOSE, .side = SIDE_DST },
	      .stream = "stdout" },
	    "error closing stdout: No space left on device", 3 },
	{ { .kind = VERDICT_ERR, .err = { .code = ENOMEM, .op = OP_MEMORY } }, "out of memory", 3 },
	{ { .kind = VERDICT_START, .err = { .code = ENOENT, .op = OP_OPEN } },
	    "cannot start: No such file or directory", 127 },
	{ { .kind = VERDICT_START, .err = { .code = EACCES, .op = OP_OPEN } },
	    "cannot start: Permission denied", 126 },
	{ { .kind = VERDICT_EXIT, .code = 3 }, "exited with status 3", 1 },
	{ { .kind = VERDICT_SIGNAL, .code = SIGKILL }, "killed by SIGKILL (Killed)", 1 },
	{ { .kind = VERDICT_SIGNAL, .code = 99 }, "killed by signal 99", 1 },
	{ { .kind = VERDICT_CANCELED }, "canceled", 1 },
	{ { .kind = VERDICT_DEADLINE }, "stopped: its time was up", 1 },
	{ { .kind = VERDICT_MEMORY, .code = 512 }, "killed: it passed its memory limit of 512 MiB",
	    1 },
};

static void
ends_have_words_and_statuses(void **state)
{
	bool told[VERDICT_N] = { false };
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct str words = STR_INIT;
		verdict_words(&ends[i].verdict, &words);
		assert_string_equal(words.buf, ends[i].words);
		str_release(&words);
		assert_int_equal(verdict_status(&ends[i].verdict), ends[i].status);
		told[ends[i].verdict.kind] = true;
	}
	for (enum verdict_kind k = 0; k < VERDICT_N; k++)
		assert_true(told[k]);
}

static void
kinds_have_names(void **state)
{
	(void)state;
	for (enum verdict_kind k = 0; k < VERDICT_N; k++) {
		assert_true(strlen(verdict_kind_name(k)) > 0);
		for (enum verdict_kind other = 0; other < k; other++)
			assert_string_not_equal(verdict_kind_name(k), verdict_kind_name(other));
	}
	assert_string_equal(verdict_kind_name(VERDICT_EXIT), "exit");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verdict_that_matters_is_chosen),
		cmocka_unit_test(a_pipeline_is_early_when_its_first_stage_is),
		cmocka_unit_test(what_is_named_is_ignored),
		cmocka_unit_test(any_is_every_failure_but_a_failed_start),
		cmocka_unit_test(nothing_is_ignored_unasked),
		cmocka_unit_test(what_is_no_end_is_refused),
		cmocka_unit_test(ends_have_words_and_statuses),
		cmocka_unit_test(kinds_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
