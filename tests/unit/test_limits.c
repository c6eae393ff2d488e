/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/limits: what uses too much is killed first and reported then; the peak is told once. */
#include "child_side.h"
#include "pipe/command.h"
#include "pipe/wrap.h"
#include "stage_run.h"
#include "sys/spawn.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

#define MIB ((int64_t)1 << 20)

enum {
	TAKES_MIB = 96, /* memory of the child that takes too much */
	LIMIT_MIB = 64, /* its limit */
};

/* What reading memory results in, when it is not the truth. */
static int sample_code;      /* 0 = success */
static int64_t sample_bytes; /* -1 = the truth */
static int samples_left;     /* so many fail, then they succeed; -1 = all */
static int times;            /* times that memory was asked for */

struct err __real_child_memory(pid_t pid, int64_t *bytes);
struct err __wrap_child_memory(pid_t pid, int64_t *bytes);

struct err
__wrap_child_memory(pid_t pid, int64_t *bytes)
{
	times++;
	if (sample_code != 0 && samples_left != 0) {
		if (samples_left > 0)
			samples_left--;
		return err_make(sample_code, OP_READ, SIDE_NONE, -1);
	}
	if (sample_bytes < 0)
		return __real_child_memory(pid, bytes);
	*bytes = sample_bytes;
	return ERR_OK;
}

static int
reset(void **state)
{
	(void)state;
	sample_code = 0;
	sample_bytes = -1;
	samples_left = -1;
	times = 0;
	return 0;
}

static bool leader_lives; /* when the note of an excess came */

static void
look_at_leader(void *arg, const struct stage_note *n)
{
	struct stage_test *t = arg;

	keep_note(t, n);
	if (n->kind == NOTE_OVER) {
		siginfo_t info = { 0 };
		/* it has been sent SIGKILL: it ends by itself now */
		assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
		leader_lives = info.si_pid == 0;
	}
}

static int
count_notes(const struct stage_test *t, int kind)
{
	int n = 0;

	for (int i = 0; i < t->n_notes; i++)
		n += (int)t->notes[i].kind == kind;
	return n;
}

static struct stage *
limited(struct limits limits, const char *const *argv)
{
	struct stage *s = wrap_limits(command_new(argv), &limits);

	assert_non_null(s);
	return s;
}

static const char *const sleeps[] = { "sleep", "30", NULL };
static const char *const naps[] = { "sleep", "0.4", NULL };

/* Rows 56, 89 of tests/STAGES.md. */
static void
what_takes_too_much_is_killed_then_reported(void **state)
{
	char taken[8];
	const char *argv[] = { "memory", taken, NULL };
	struct stage_test t;

	(void)state;
	snprintf(taken, sizeof taken, "%d", TAKES_MIB);
	struct limits limits = { .memory = LIMIT_MIB * MIB, .peak = true };
	struct stage *s = wrap_limits(command_new_self("hog", argv), &limits);
	test_begin(&t);
	t.run.note = look_at_leader;
	leader_lives = true;
	assert_int_equal(test_start(&t, s, false).code, 0);
	struct verdict v = test_wait(&t, s);
	assert_int_equal(v.kind, VERDICT_MEMORY);
	assert_int_equal(v.code, LIMIT_MIB);
	assert_false(leader_lives);
	assert_int_equal(t.n_notes, 2);
	assert_int_equal(t.notes[0].kind, NOTE_OVER);
	assert_string_equal(t.notes[0].stage, "hog");
	assert_int_equal(t.notes[0].limit, LIMIT_MIB * MIB);
	assert_true(t.notes[0].peak > LIMIT_MIB * MIB);
	assert_int_equal(t.notes[1].kind, NOTE_PEAK);
	assert_true(t.notes[1].peak >= t.notes[0].peak);
	assert_int_equal(t.notes[1].samples, times);
	test_end(&t, s);
}

/* Row 91 of tests/STAGES.md: its children count: the shell itself has next to nothing. */
static void
the_whole_tree_counts(void **state)
{
	struct stage_test t;
	char script[64];

	(void)state;
	snprintf(
	    script, sizeof script, "/proc/%d/exe --stage memory %d; :", (int)getpid(), TAKES_MIB);
	const char *argv[] = { "sh", "-c", script, NULL };
	struct stage *s = limited((struct limits){ .memory = LIMIT_MIB * MIB }, argv);
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	assert_int_equal(test_wait(&t, s).kind, VERDICT_MEMORY);
	/* the group is gone with it, and without being asked for nobody tells of the peak */
	assert_true(is_readable(t.sink, 10000));
	assert_int_equal(t.n_notes, 1);
	assert_int_equal(t.notes[0].kind, NOTE_OVER);
	test_end(&t, s);
}

/* Rows 90, 93 of tests/STAGES.md. */
static void
the_peak_is_told_once_however_it_ends(void **state)
{
	static const struct peak_case {
		const char *argv[4];
		int64_t sample;
		bool stops;
		enum verdict_kind kind;
	} cases[] = {
		{ { "true" }, -1, false, VERDICT_OK }, /* ends before the first sample */
		{ { "sh", "-c", "exit 3" }, -1, false, VERDICT_EXIT },
		{ { "sleep", "0.4" }, -1, false, VERDICT_OK },
		{ { "sleep", "0.4" }, 5000 * MIB, false, VERDICT_OK },
		{ { "sleep", "30" }, -1, true, VERDICT_CANCELED },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct peak_case *c = &cases[i];
		struct stage *s = limited((struct limits){ .peak = true }, c->argv);
		struct stage_test t;

		(void)reset(state);
		sample_bytes = c->sample;
		test_begin(&t);
		assert_int_equal(test_start(&t, s, false).code, 0);
		if (c->stops)
			s->ops->stop(s, STOP_CANCELED);
		assert_int_equal(test_wait(&t, s).kind, c->kind);
		assert_int_equal(t.n_notes, 1);
		assert_int_equal(t.notes[0].kind, NOTE_PEAK);
		assert_int_equal(t.notes[0].errors, 0);
		assert_int_equal(t.notes[0].limit, 0);
		/* of what the system says, too: there need not be a sample */
		assert_true(t.notes[0].peak > 0);
		if (c->sample > 0)
			assert_int_equal(t.notes[0].peak, c->sample);
		test_end(&t, s);
	}
}

static void
what_never_ran_has_no_peak(void **state)
{
	static const char *const missing[] = { "decant-no-such-command", NULL };
	struct stage *s = limited((struct limits){ .peak = true, .deadline_ms = 5 }, missing);
	struct stage_test t;
	struct verdict v;

	(void)state;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, true).code, ENOENT);
	s->ops->stop(s, STOP_CANCELED);
	s->ops->verdict(s, &v);
	assert_int_equal(v.kind, VERDICT_START);
	assert_int_equal(t.n_notes, 0);
	test_end(&t, s);
}

/* Row 92 of tests/STAGES.md. */
static void
memory_that_cannot_be_read_is_told_once(void **state)
{
	static const struct sample_case {
		int code, left;
		int notes, errors;
	} cases[] = {
		{ EACCES, 1, 0, 1 },                       /* once is chance */
		{ EACCES, 2, 1, 2 }, { EACCES, -1, 1, 4 }, /* that many at least */
		{ ESRCH, -1, 0, 0 },                       /* it has gone: no error */
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct sample_case *c = &cases[i];
		struct stage *s =
		    limited((struct limits){ .memory = 4096 * MIB, .peak = true }, sleeps);
		struct stage_test t;

		(void)reset(state);
		sample_code = c->code;
		samples_left = c->left;
		test_begin(&t);
		assert_int_equal(test_start(&t, s, false).code, 0);
		while (times < 4)
			loop_step(t.run.loop, -1);
		s->ops->stop(s, STOP_CANCELED);
		assert_int_equal(test_wait(&t, s).kind, VERDICT_CANCELED);
		assert_int_equal(count_notes(&t, NOTE_NO_SAMPLE), c->notes);
		assert_int_equal(count_notes(&t, NOTE_PEAK), 1);
		assert_int_equal(t.n_notes, c->notes + 1);
		const struct stage_note *last = &t.notes[t.n_notes - 1];
		assert_int_equal(last->kind, NOTE_PEAK);
		assert_true(
		    last->errors >= c->errors && (c->left < 0 || last->errors == c->errors));
		test_end(&t, s);
	}
}

static void
memory_is_asked_for_early_and_then_steadily(void **state)
{
	struct stage *s = limited((struct limits){ .peak = true }, sleeps);
	struct stage_test t;

	(void)state;
	test_begin(&t);
	int64_t begin = now_ms();
	assert_int_equal(test_start(&t, s, false).code, 0);
	while (times == 0)
		loop_step(t.run.loop, -1);
	assert_true(now_ms() - begin >= LIMITS_FIRST_MS);
	while (times < 3)
		loop_step(t.run.loop, -1);
	assert_true(now_ms() - begin >= LIMITS_FIRST_MS + 2 * LIMITS_EVERY_MS - 5);
	s->ops->stop(s, STOP_CANCELED);
	(void)test_wait(&t, s);
	test_end(&t, s);
}

static void
watching_stops_when_it_is_killed(void **state)
{
	struct stage *s =
	    limited((struct limits){ .memory = MIB + 1, .deadline_ms = 60000 }, sleeps);
	struct stage_test t;

	(void)state;
	sample_bytes = 2 * MIB;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	size_t fds = count_fds();
	while (times == 0)
		loop_step(t.run.loop, -1);
	assert_true(count_fds() <= fds - 2); /* both timers are gone at once */
	struct verdict v = test_wait(&t, s);
	assert_int_equal(v.kind, VERDICT_MEMORY);
	assert_int_equal(v.code, 2); /* a started MiB counts */
	assert_int_equal(times, 1);
	test_end(&t, s);
}

static void
time_that_is_up_is_the_verdict(void **state)
{
	static const char *const ten[] = { "sleep", "10", NULL };
	struct stage *s = limited((struct limits){ .deadline_ms = 20 }, ten);
	struct stage_test t;

	(void)state;
	test_begin(&t);
	int64_t begin = now_ms();
	assert_int_equal(test_start(&t, s, false).code, 0);
	struct verdict v = test_wait(&t, s);
	assert_int_equal(v.kind, VERDICT_DEADLINE);
	assert_int_equal(v.code, 0);
	assert_in_range(now_ms() - begin, 20, 5000);
	assert_int_equal(t.n_notes, 0);
	assert_int_equal(times, 0); /* nobody asked for its memory */
	test_end(&t, s);

	s = limited((struct limits){ .deadline_ms = 20000 }, naps);
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	assert_int_equal(test_wait(&t, s).kind, VERDICT_OK);
	test_end(&t, s);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_takes_too_much_is_killed_then_reported, reset),
		cmocka_unit_test_setup(the_whole_tree_counts, reset),
		cmocka_unit_test_setup(the_peak_is_told_once_however_it_ends, reset),
		cmocka_unit_test_setup(what_never_ran_has_no_peak, reset),
		cmocka_unit_test_setup(memory_that_cannot_be_read_is_told_once, reset),
		cmocka_unit_test_setup(memory_is_asked_for_early_and_then_steadily, reset),
		cmocka_unit_test_setup(watching_stops_when_it_is_killed, reset),
		cmocka_unit_test_setup(time_that_is_up_is_the_verdict, reset),
	};
	int status;

	if (child_side(argc, argv, &status))
		return status;
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
