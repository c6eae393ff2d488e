/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/wrap: every wrapper has every slot, forwards it, and changes only what it is for. */
#include "pipe/command.h"
#include "pipe/wrap.h"
#include "stage_run.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <cmocka.h>

/* clang-format on */

/* The slots, each with a bit when it was called. */
enum {
	PORTS = 1,
	START = 2,
	FEED = 4,
	END = 8,
	STOP = 16,
	VERDICT = 32,
	LEADER = 64,
	FREE = 128,
};

/* A stage that records what is called, and with what. */
struct probe {
	struct stage stage;
	struct stage_run run;
	struct in *in;
	struct out *out;
	enum stop_why why;
	struct err fails;       /* result of all that can fail */
	struct verdict verdict; /* what it ends with */
};

static unsigned called;

static struct probe *
probe_of(struct stage *s)
{
	return (struct probe *)s;
}

static void
probe_ports(const struct stage *s, struct port *in, struct port *out)
{
	(void)s;
	called |= PORTS;
	*in = (struct port){ .want = WANT_FILE, .stable = true };
	*out = (struct port){ .want = WANT_MEM, .must = true };
}

static struct err
probe_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct probe *p = probe_of(s);

	called |= START;
	s->started = true;
	p->run = *run;
	p->in = in;
	p->out = out;
	if (err_failed(p->fails))
		stage_set_ended(s);
	return p->fails;
}

static struct err
probe_feed(struct stage *s, struct span *span)
{
	called |= FEED;
	span->len--;
	span->enough = true;
	return probe_of(s)->fails;
}

static struct err
probe_end(struct stage *s, bool whole)
{
	called |= whole ? END : 0;
	return probe_of(s)->fails;
}

static void
probe_stop(struct stage *s, enum stop_why why)
{
	called |= STOP;
	probe_of(s)->why = why;
}

static void
probe_verdict(struct stage *s, struct verdict *v)
{
	called |= VERDICT;
	*v = probe_of(s)->verdict;
	v->stage = s->name;
}

static pid_t
probe_leader(const struct stage *s)
{
	(void)s;
	called |= LEADER;
	return 4711;
}

static void
probe_free(struct stage *s)
{
	called |= FREE;
	free(s);
}

static const struct stage_ops probe_ops = {
	.ports = probe_ports,
	.start = probe_start,
	.feed = probe_feed,
	.end = probe_end,
	.stop = probe_stop,
	.verdict = probe_verdict,
	.leader = probe_leader,
	.free = probe_free,
};

static struct probe *
probe_new(void)
{
	struct probe *p = calloc(1, sizeof *p);

	assert_non_null(p);
	p->stage = (struct stage){
		.ops = &probe_ops,
		.name = "probe",
		.kind = STAGE_TAP,
		.identity = true,
	};
	return p;
}

static struct stage *
wrap_in_ignore(struct stage *inner)
{
	return wrap_ignore(inner, &(struct verdict_ignore){ .pipe = true });
}

static struct stage *
wrap_in_environment(struct stage *inner)
{
	return wrap_environment(inner, (const char *const[]){ "A=1", "B" }, 2, AT_FDCWD);
}

static struct stage *
wrap_in_limits(struct stage *inner)
{
	return wrap_limits(inner, &(struct limits){ .deadline_ms = 60000, .peak = true });
}

static struct stage *
wrap_in_all(struct stage *inner)
{
	return wrap_in_limits(wrap_in_environment(wrap_finish_early(wrap_in_ignore(inner))));
}

static struct stage *(*const wrappers[])(struct stage *) = {
	wrap_in_ignore,
	wrap_finish_early,
	wrap_in_environment,
	wrap_in_limits,
	wrap_in_all,
};

enum { WRAPPERS = sizeof wrappers / sizeof wrappers[0] };

static void
no_slot_is_empty(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPERS; i++) {
		struct stage *s = wrappers[i](&probe_new()->stage);
		void *const *slots = (void *const *)s->ops;

		for (size_t k = 0; k < sizeof *s->ops / sizeof slots[0]; k++)
			assert_non_null(slots[k]);
		stage_free(s);
	}
}

static void
it_looks_like_what_it_wraps(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPERS; i++) {
		struct stage *s = wrappers[i](&probe_new()->stage);

		assert_string_equal(s->name, "probe");
		assert_int_equal(s->kind, STAGE_TAP);
		assert_null(s->outer);
		/* left out, it could not end early, nor be watched */
		assert_int_equal(s->identity,
		    wrappers[i] == wrap_in_ignore || wrappers[i] == wrap_in_environment);
		stage_free(s);
	}
}

/* Rows 55, 74 of tests/STAGES.md. */
static void
every_slot_forwards(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPERS; i++) {
		struct probe *p = probe_new();
		struct stage *s = wrappers[i](&p->stage);
		struct stage_test t;
		struct port in, out;
		struct span span = { .bytes = "xyz", .len = 3 };
		struct verdict v;

		test_begin(&t);
		called = 0;
		s->ops->ports(s, &in, &out);
		assert_int_equal(called, PORTS);
		assert_true(in.want == WANT_FILE && in.stable && !in.must);
		assert_true(out.want == WANT_MEM && out.must && !out.stable);
		assert_int_equal(s->ops->start(s, &t.run, &t.in, &t.out).code, 0);
		assert_int_equal(called, PORTS | START);
		assert_ptr_equal(p->in, &t.in);
		assert_ptr_equal(p->out, &t.out);
		assert_ptr_equal(p->run.loop, t.run.loop);
		assert_ptr_equal(p->run.cancel, &t.cancel);
		assert_ptr_equal(p->run.note_arg, &t);
		assert_true(s->started);
		assert_false(s->ended);
		p->fails = err_make(EIO, OP_READ, SIDE_SRC, 7);
		assert_int_equal(s->ops->feed(s, &span).code, EIO);
		assert_int_equal(span.len, 2);
		assert_true(span.enough);
		assert_int_equal(s->ops->end(s, true).off, 7);
		assert_int_equal(s->ops->leader(s), 4711);
		s->ops->stop(s, STOP_FAILED);
		assert_int_equal(p->why, STOP_FAILED);
		stage_set_ended(&p->stage);
		assert_true(s->ended);
		p->verdict = (struct verdict){ .kind = VERDICT_EXIT, .code = 9, .tail = "oh" };
		s->ops->verdict(s, &v);
		assert_int_equal(v.kind, VERDICT_EXIT);
		assert_int_equal(v.code, 9);
		assert_string_equal(v.tail, "oh");
		assert_int_equal(called, FREE - 1);
		test_end(&t, s);
		assert_int_equal(called, FREE + FREE - 1);
	}
}

static void
a_start_that_fails_ends_both(void **state)
{
	(void)state;
	for (size_t i = 0; i < WRAPPERS; i++) {
		struct probe *p = probe_new();
		struct stage *s = wrappers[i](&p->stage);
		struct stage_test t;
		struct verdict v;

		test_begin(&t);
		p->fails = err_make(ENOENT, OP_OPEN, SIDE_NONE, -1);
		p->verdict = (struct verdict){ .kind = VERDICT_START, .err = p->fails };
		assert_int_equal(s->ops->start(s, &t.run, NULL, NULL).code, ENOENT);
		assert_true(s->ended);
		s->ops->verdict(s, &v);
		assert_int_equal(v.kind, VERDICT_START);
		assert_int_equal(t.n_notes, 0);
		test_end(&t, s);
	}
}

/* What S, a wrapper of P, makes of the verdict V of P. */
static struct verdict
verdict_of(struct stage *s, struct probe *p, struct verdict v)
{
	p->verdict = v;
	s->ops->verdict(s, &v);
	return v;
}

static void
ends_that_are_ignored_pass(void **state)
{
	struct probe *p = probe_new();
	struct verdict_ignore ig = { .pipe = true };
	struct verdict v;

	(void)state;
	ig.exit[0] = 1 << 1;
	struct stage *s = wrap_ignore(&p->stage, &ig);
	ig = (struct verdict_ignore){ 0 }; /* it has its own copy */
	v = verdict_of(s, p, (struct verdict){ .kind = VERDICT_EXIT, .code = 1, .tail = "t" });
	assert_int_equal(v.kind, VERDICT_OK);
	assert_int_equal(v.code, 0);
	assert_string_equal(v.tail, "t");
	assert_string_equal(v.stage, "probe");
	v = verdict_of(s, p,
	    (struct verdict){ .kind = VERDICT_PIPE,
		.err = err_make(EPIPE, OP_WRITE, SIDE_DST, -1),
		.max_rss = 5 });
	assert_int_equal(v.kind, VERDICT_OK);
	assert_int_equal(v.err.code, 0);
	assert_int_equal(v.max_rss, 5);
	v = verdict_of(s, p, (struct verdict){ .kind = VERDICT_EXIT, .code = 2 });
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_int_equal(v.code, 2);
	v = verdict_of(s, p, (struct verdict){ .kind = VERDICT_EARLY });
	assert_int_equal(v.kind, VERDICT_EARLY);
	stage_free(s);
}

static void
success_is_taken_for_enough(void **state)
{
	struct probe *p = probe_new();
	struct stage *s = wrap_finish_early(&p->stage);

	(void)state;
	for (int kind = VERDICT_OK; kind < VERDICT_N; kind++) {
		struct verdict v = verdict_of(s, p, (struct verdict){ .kind = kind });
		assert_int_equal(v.kind, kind == VERDICT_OK ? VERDICT_EARLY : kind);
	}
	stage_free(s);
}

/* The settings of RUN, newest first, each followed by a space. */
static const char *
settings_of(const struct stage_run *run)
{
	static char text[128];

	text[0] = '\0';
	for (const struct stage_env *e = run->env; e != NULL; e = e->older) {
		strncat(text, e->setting, 16);
		strncat(text, " ", 2);
	}
	return text;
}

static void
settings_are_put_on_those_of_the_run(void **state)
{
	struct probe *p = probe_new();
	char first[] = "A=1";
	const char *const inner[] = { first, "B", "A=2" };
	struct stage *s = wrap_environment(&p->stage, inner, 3, 77);
	struct stage_env runs = { .setting = "R=0" };
	struct stage_test t;

	(void)state;
	first[2] = '9'; /* it has its own copy */
	s = wrap_environment(s, (const char *const[]){ "A=outer", "C=3" }, 2, 55);
	s = wrap_environment(s, NULL, 0, AT_FDCWD);
	test_begin(&t);
	t.run.env = &runs;
	assert_int_equal(s->ops->start(s, &t.run, NULL, NULL).code, 0);
	assert_string_equal(settings_of(&p->run), "A=2 B A=1 C=3 A=outer R=0 ");
	assert_int_equal(p->run.dir, 77);
	assert_string_equal(settings_of(&t.run), "R=0 "); /* siblings do not see it */
	assert_int_equal(t.run.dir, AT_FDCWD);
	stage_set_ended(&p->stage);
	test_end(&t, s);

	/* without a directory of its own it is the run's */
	p = probe_new();
	s = wrap_environment(&p->stage, inner, 1, AT_FDCWD);
	test_begin(&t);
	t.run.dir = 33;
	assert_int_equal(s->ops->start(s, &t.run, NULL, NULL).code, 0);
	assert_int_equal(p->run.dir, 33);
	assert_string_equal(settings_of(&p->run), "A=9 ");
	test_end(&t, s);
}

static void
a_command_runs_in_all_of_them(void **state)
{
	struct stage *s = command_new((const char *const[]){ "sh", "-c", "echo $A; exit 1", NULL });
	struct verdict_ignore ig = { .any = true };
	struct stage_test t;

	(void)state;
	s = wrap_limits(s, &(struct limits){ .peak = true });
	s = wrap_environment(s, (const char *const[]){ "A=all" }, 1, AT_FDCWD);
	s = wrap_finish_early(wrap_ignore(s, &ig));
	test_begin(&t);
	assert_int_equal(test_start(&t, s, true).code, 0);
	assert_string_equal(read_all(t.sink), "all\n");
	assert_int_equal(test_wait(&t, s).kind, VERDICT_EARLY);
	assert_int_equal(t.n_notes, 1);
	test_end(&t, s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_slot_is_empty),
		cmocka_unit_test(it_looks_like_what_it_wraps),
		cmocka_unit_test(every_slot_forwards),
		cmocka_unit_test(a_start_that_fails_ends_both),
		cmocka_unit_test(ends_that_are_ignored_pass),
		cmocka_unit_test(success_is_taken_for_enough),
		cmocka_unit_test(settings_are_put_on_those_of_the_run),
		cmocka_unit_test(a_command_runs_in_all_of_them),
	};
	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
