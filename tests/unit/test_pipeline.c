/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/pipeline: starts that fail, who closes what, which end is blamed, and how it is all stopped. */
#include "pipe/tapkinds.h"
#include "pipeline_run.h"

#include <cmocka.h>

enum {
	STAGES = 5,      /* of the pipelines that cannot be started */
	RUNS = 50,       /* of each of them */
	CANCEL_MS = 200, /* STAGES.md row 71 */
};

/* Rows 55, 57, 58, 59, 64, 84: the stage that is missing stands at each place in turn. */
static void
a_start_that_fails_anywhere_leaves_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < STAGES * RUNS; i++) {
		struct pipeline_test t;
		struct actor actors[STAGES] = { 0 };
		int missing = i % STAGES;
		int ends[2];

		pipeline_begin(&t);
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		for (int k = 0; k < STAGES; k++) {
			actors[k] = (struct actor){ .reads = -1, .passes_on = true };
			pipeline_append(&t, k == missing ? COMMAND("/nonexistent/missing", "word")
					    : k % 2 == 0 ? COMMAND("cat")
							 : actor_new(&actors[k], "actor"));
		}
		/* the source does not end: who was started must be ended */
		struct end source = end_at(ends[0], true, "stdin");
		struct verdict v = pipeline_pass(&t, &source, &no_end);
		assert_int_equal(v.kind, VERDICT_START);
		assert_int_equal(v.err.code, ENOENT);
		assert_int_equal(verdict_status(&v), 127);
		assert_string_equal(v.stage, "/nonexistent/missing word");
		close(ends[1]);
		pipeline_end(&t, 0);
	}
}

/* Row 57: what cannot be executed is another status. */
static void
what_is_no_program_cannot_be_run(void **state)
{
	struct pipeline_test t;
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("/etc/passwd"));
	struct verdict v = pipeline_pass(&t, &no_end, &no_end);
	assert_int_equal(v.kind, VERDICT_START);
	assert_int_equal(verdict_status(&v), 126);
	pipeline_end(&t, 0);
}

/* What the stage in the middle is. */
enum middle { MIDDLE_FUNCTION, MIDDLE_COMMAND, MIDDLE_NOTHING, MIDDLES };

static void
pass_with(enum middle m, bool owns_in, bool owns_out)
{
	struct pipeline_test t;
	struct actor a = { .reads = -1, .passes_on = true };
	int in[2], out[2];
	char got[8];

	pipeline_begin(&t);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "text", 4), 4);
	close(in[1]);
	if (m == MIDDLE_FUNCTION)
		pipeline_append(&t, actor_new(&a, "actor"));
	if (m == MIDDLE_COMMAND)
		pipeline_append(&t, COMMAND("cat"));
	struct end source = end_at(in[0], owns_in, "stdin");
	struct end sink = end_at(out[1], owns_out, "stdout");
	assert_int_equal(pipeline_pass(&t, &source, &sink).kind, VERDICT_OK);
	assert_int_equal(read(out[0], got, sizeof got), 4);
	assert_memory_equal(got, "text", 4);
	/* what was lent is open, what was given is closed, and not by chance */
	assert_int_equal(fcntl(in[0], F_GETFD) >= 0, !owns_in);
	assert_int_equal(fcntl(out[1], F_GETFD) >= 0, !owns_out);
	close(out[0]);
	pipeline_end(&t, (owns_in ? 0U : 1U) + (owns_out ? 0U : 1U));
	if (!owns_in)
		close(in[0]);
	if (!owns_out)
		close(out[1]);
}

/* Rows 51, 52, 54, 60, 61, 69; a pipeline of nothing is not canceled by its own end. */
static void
what_is_given_is_closed_and_what_is_lent_is_not(void **state)
{
	(void)state;
	for (int i = 0; i < MIDDLES * 4; i++)
		pass_with((enum middle)(i / 4), (i & 1) != 0, (i & 2) != 0);
}

/* Row 61: a pipeline of nothing with one end only has nothing to do but to close it. */
static void
one_end_alone_is_closed(void **state)
{
	(void)state;
	for (int last = 0; last < 2; last++) {
		struct pipeline_test t;
		int ends[2];

		pipeline_begin(&t);
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		struct end one = end_at(ends[last], true, "end");
		struct verdict v = pipeline_pass(&t, last ? &no_end : &one, last ? &one : &no_end);
		assert_int_equal(v.kind, VERDICT_OK);
		assert_int_equal(fcntl(ends[last], F_GETFD), -1);
		close(ends[!last]);
		pipeline_end(&t, 0);
	}
}

/* Row 48: a stage that takes no input, behind another one: refused, ends closed, nothing started. */
static void
what_cannot_be_joined_starts_nothing(void **state)
{
	struct pipeline_test t;
	struct actor a = { 0 };
	int ends[2];
	(void)state;

	pipeline_begin(&t);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pipeline_append(&t, COMMAND("cat"));
	pipeline_append(&t, actor_between(&a, "loner", WANT_NONE, WANT_ANY));
	struct end source = end_at(ends[0], true, "stdin");
	struct err e = pipeline_start(t.p, &t.run, &t.means, &source, &no_end, &t.fault);
	assert_int_equal(e.op, OP_REFUSE);
	assert_int_equal(t.fault.stage, 1);
	assert_string_equal(t.fault.stream, "stdin");
	assert_false(atomic_load(&a.runs));
	close(ends[1]);
	pipeline_end(&t, 0);
}

/* Row 53: what a function gathered and cannot leave when it is closed. */
static void
a_close_that_fails_names_stage_and_stream(void **state)
{
	struct pipeline_test t;
	struct actor a = { .writes = 1 };
	struct str words = STR_INIT;
	(void)state;

	pipeline_begin(&t);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	pipeline_append(&t, actor_new(&a, "teller"));
	struct end sink = end_at(full, true, "stdout");
	struct verdict v = pipeline_pass(&t, &no_end, &sink);
	assert_int_equal(v.kind, VERDICT_ERR);
	assert_string_equal(v.stage, "teller");
	assert_string_equal(v.stream, "stdout");
	verdict_words(&v, &words);
	assert_string_equal(words.buf, "error closing stdout: No space left on device");
	assert_int_equal(verdict_status(&v), 3);
	str_release(&words);
	pipeline_end(&t, 0);
}

static void *
cancel_soon(void *arg)
{
	struct timespec t = { .tv_nsec = 50 * 1000 * 1000 };
	struct pipeline_test *test = arg;

	nanosleep(&t, NULL);
	cancel_request(&test->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	return NULL;
}

/* Run T's stages from nothing, or if FED a pipe that nobody writes, to a pipe that nobody reads. */
static void
expect_cancelable(struct pipeline_test *t, bool fed)
{
	pthread_t thread;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	struct end source = end_at(in[0], false, "stdin");
	struct end sink = end_at(out[1], true, "stdout");
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, t), 0);
	int64_t begin = now_ms();
	struct verdict v = pipeline_pass(t, fed ? &source : &no_end, &sink);
	assert_true(now_ms() - begin < 50 + CANCEL_MS);
	assert_int_equal(v.kind, VERDICT_CANCELED);
	pthread_join(thread, NULL);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	pipeline_end(t, 0);
}

/* Rows 38, 66, 71: blocked on a full pipe, a full ring, an input that does not come; as a command, too. */
static void
a_blocked_pipeline_is_canceled_at_once(void **state)
{
	struct pipeline_test t;
	struct actor writer = { .writes = -1 }, passer = { .reads = -1, .passes_on = true };
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&writer, "writer"));
	expect_cancelable(&t, false);

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&writer, "writer"));
	pipeline_append(&t, actor_new(&passer, "passer"));
	expect_cancelable(&t, false);

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&passer, "passer"));
	pipeline_append(&t, COMMAND("cat"));
	expect_cancelable(&t, true);

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("yes"));
	expect_cancelable(&t, false);
}

/* Row 66: the deadline is the reason, not the signal that it took. */
static void
a_deadline_is_told_as_such(void **state)
{
	struct pipeline_test t;
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("sleep", "10"));
	pipeline_go(&t, &no_end, &no_end);
	pipeline_stop(t.p, STOP_DEADLINE);
	pipeline_wait(t.p, &t.v);
	assert_int_equal(t.v.kind, VERDICT_DEADLINE);
	assert_string_equal(t.v.stage, "sleep 10");
	pipeline_end(&t, 0);
}

/* Rows 63, 64: stopping what does not run is nothing; a run that is canceled from the start ends. */
static void
it_can_be_stopped_at_any_time(void **state)
{
	struct pipeline_test t;
	struct actor a = { .writes = -1 };
	struct stage *command = COMMAND("sleep", "10");
	struct stage *function = actor_new(&a, "writer");
	(void)state;

	pipeline_begin(&t);
	command->ops->stop(command, STOP_CANCELED);
	function->ops->stop(function, STOP_CANCELED);
	assert_int_equal(command->ops->leader(command), 0);
	pipeline_append(&t, function);
	pipeline_append(&t, command);
	cancel_request(&t.cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_CANCELED);
	pipeline_stop(t.p, STOP_CANCELED);
	pipeline_end(&t, 0);
}

/* Rows 43, 72, 75: a consumer that had enough ends its producers, and that is success. */
static void
who_ends_early_ends_those_before_it(void **state)
{
	struct pipeline_test t;
	struct actor writer = { .writes = -1 }, passer = { .reads = -1, .passes_on = true };
	struct actor taster = { .reads = 10, .early = true };
	size_t n;
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&writer, "writer"));
	pipeline_append(&t, COMMAND("cat"));
	pipeline_append(&t, actor_new(&passer, "passer"));
	pipeline_append(&t, actor_new(&taster, "taster"));
	assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
	const struct verdict *all = pipeline_verdicts(t.p, &n);
	assert_int_equal(n, 6);
	assert_int_equal(all[1].kind, VERDICT_PIPE);
	assert_int_equal(all[2].kind, VERDICT_PIPE);
	assert_int_equal(all[3].kind, VERDICT_PIPE);
	assert_int_equal(all[4].kind, VERDICT_EARLY);
	pipeline_end(&t, 0);
}

/* Rows 72, 73, 75, 76: one that simply ends leaves a broken pipe that counts, and the last one is told. */
static void
who_stops_reading_breaks_the_pipe(void **state)
{
	struct pipeline_test t;
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("seq", "100000"));
	pipeline_append(&t, COMMAND("true"));
	struct verdict v = pipeline_pass(&t, &no_end, &no_end);
	assert_int_equal(v.kind, VERDICT_PIPE);
	assert_string_equal(v.stage, "seq 100000");
	pipeline_end(&t, 0);
}

/* Row 73: the earliest failure that is no broken pipe. */
static void
the_first_failure_is_the_one_that_counts(void **state)
{
	struct pipeline_test t;
	struct actor fails = { .code = EDOM }, writer = { .writes = -1 };
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&writer, "writer"));
	pipeline_append(&t, actor_new(&fails, "failing"));
	pipeline_append(&t, COMMAND("sh", "-c", "exit 3"));
	struct verdict v = pipeline_pass(&t, &no_end, &no_end);
	assert_int_equal(v.kind, VERDICT_ERR);
	assert_int_equal(v.err.code, EDOM);
	assert_string_equal(v.stage, "failing");
	pipeline_end(&t, 0);
}

/* The failure of a tap is the tap's, wherever it is fused: into what a function writes or reads, or into a
 * mover between ends. */
static void
a_tap_that_fails_is_to_blame(void **state)
{
	(void)state;
	for (int place = 0; place < 4; place++) {
		struct pipeline_test t;
		struct actor writer = { .writes = 1000 }, reader = { .reads = -1 };
		static char text[1000];
		int in[2];

		pipeline_begin(&t);
		int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
		assert_int_equal(write(in[1], text, sizeof text), sizeof text);
		close(in[1]);
		struct end source = end_at(in[0], true, "stdin");
		if (place == 0)
			pipeline_append(&t, actor_new(&writer, "writer"));
		pipeline_append(&t, tap_tee_new("full", &full));
		if (place == 1)
			pipeline_append(&t, actor_new(&reader, "reader"));
		if (place == 2)
			pipeline_append(&t, COMMAND("cat"));
		if (place == 0)
			close(in[0]);
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		struct end sink = end_at(null, true, "stdout");
		struct verdict v = pipeline_pass(&t, place == 0 ? &no_end : &source, &sink);
		assert_int_equal(v.kind, VERDICT_ERR);
		assert_int_equal(v.err.code, ENOSPC);
		assert_string_equal(v.stage, "tee full");
		close(full);
		pipeline_end(&t, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_that_fails_anywhere_leaves_nothing),
		cmocka_unit_test(what_is_no_program_cannot_be_run),
		cmocka_unit_test(what_is_given_is_closed_and_what_is_lent_is_not),
		cmocka_unit_test(one_end_alone_is_closed),
		cmocka_unit_test(what_cannot_be_joined_starts_nothing),
		cmocka_unit_test(a_close_that_fails_names_stage_and_stream),
		cmocka_unit_test(a_blocked_pipeline_is_canceled_at_once),
		cmocka_unit_test(a_deadline_is_told_as_such),
		cmocka_unit_test(it_can_be_stopped_at_any_time),
		cmocka_unit_test(who_ends_early_ends_those_before_it),
		cmocka_unit_test(who_stops_reading_breaks_the_pipe),
		cmocka_unit_test(the_first_failure_is_the_one_that_counts),
		cmocka_unit_test(a_tap_that_fails_is_to_blame),
	};

	proc_block_signals();
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
