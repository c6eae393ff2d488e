/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/nest: a pipeline as a stage of another. */
#include "pipeline_run.h"

#include <cmocka.h>

enum { CANCEL_MS = 200 /* STAGES.md row 71 */ };

static struct pipeline_means means; /* none */

/* A stage that is a pipeline of FIRST and, unless it is NULL, SECOND. */
static struct stage *
nest(struct stage *first, struct stage *second)
{
	struct pipeline *p = pipeline_new();

	assert_non_null(p);
	assert_int_equal(pipeline_add(p, first).code, 0);
	if (second != NULL)
		assert_int_equal(pipeline_add(p, second).code, 0);
	struct stage *s = pipeline_as_stage(p, &means);
	assert_non_null(s);
	return s;
}

/* Row 83: ports and bytes are those of what is within. */
static void
bytes_pass_through_it(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct pipeline_test t;
		struct actor writer = { .writes = 1000 }, reader = { .reads = -1 };
		struct actor a = { .reads = -1, .passes_on = true }, b = a;

		pipeline_begin(&t);
		pipeline_append(&t, actor_new(&writer, "writer"));
		pipeline_append(&t, nest((kind & 1) != 0 ? COMMAND("cat") : actor_new(&a, "a"),
					(kind & 2) != 0 ? COMMAND("cat") : actor_new(&b, "b")));
		pipeline_append(&t, actor_new(&reader, "reader"));
		assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
		assert_int_equal(reader.got, 6000);
		assert_int_equal(writer.out_ring, (kind & 1) == 0);
		pipeline_end(&t, 0);
	}
}

/* Row 83: what goes wrong within is what went wrong. */
static void
its_verdict_is_that_of_what_is_within(void **state)
{
	struct pipeline_test t;
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("true"));
	pipeline_append(&t, nest(COMMAND("cat"), COMMAND("sh", "-c", "exit 3")));
	struct verdict v = pipeline_pass(&t, &no_end, &no_end);
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_int_equal(v.code, 3);
	assert_string_equal(v.stage, "sh -c exit 3");
	pipeline_end(&t, 0);

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("yes"));
	pipeline_append(&t, nest(COMMAND("cat"), COMMAND("/nonexistent/missing")));
	v = pipeline_pass(&t, &no_end, &no_end);
	assert_int_equal(verdict_status(&v), 127);
	assert_string_equal(v.stage, "/nonexistent/missing");
	pipeline_end(&t, 0);
}

/* Row 72: its first stage had enough, so it has. */
static void
it_ends_early_when_its_first_stage_does(void **state)
{
	struct pipeline_test t;
	struct actor taster = { .reads = 10, .early = true };
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, COMMAND("yes"));
	pipeline_append(&t, nest(actor_new(&taster, "taster"), NULL));
	assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
	pipeline_end(&t, 0);
}

static void *
cancel_soon(void *arg)
{
	struct timespec t = { .tv_nsec = 50 * 1000 * 1000 };

	nanosleep(&t, NULL);
	cancel_request(arg, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	return NULL;
}

/* Row 71, with two pipelines within one another. */
static void
it_is_canceled_with_the_outer_one(void **state)
{
	struct pipeline_test t;
	struct actor a = { .reads = -1, .passes_on = true };
	pthread_t thread;
	int in[2];
	(void)state;

	pipeline_begin(&t);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	pipeline_append(&t, nest(nest(COMMAND("cat"), COMMAND("cat")), actor_new(&a, "a")));
	struct end source = end_at(in[0], true, "stdin");
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &t.cancel), 0);
	int64_t begin = now_ms();
	assert_int_equal(pipeline_pass(&t, &source, &no_end).kind, VERDICT_CANCELED);
	assert_true(now_ms() - begin < 50 + CANCEL_MS);
	pthread_join(thread, NULL);
	close(in[1]);
	pipeline_end(&t, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_through_it),
		cmocka_unit_test(its_verdict_is_that_of_what_is_within),
		cmocka_unit_test(it_ends_early_when_its_first_stage_does),
		cmocka_unit_test(it_is_canceled_with_the_outer_one),
	};

	proc_block_signals();
	return cmocka_run_group_tests_name("nest", tests, NULL, NULL);
}
