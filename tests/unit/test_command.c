/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/command: how commands start, end and are ended, and what they are given. */
#include "child_side.h"
#include "files.h"
#include "pipe/command.h"
#include "pipe/environ.h"
#include "stage_run.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <sys/stat.h>
#include <cmocka.h>

/* clang-format on */

enum {
	RUNS = 50 /* of a command that is missing */
};

static int close_code; /* what closing an output fails with; 0 = nothing */

struct err __real_out_close(struct out *out);
struct err __wrap_out_close(struct out *out);

struct err
__wrap_out_close(struct out *out)
{
	struct err err = __real_out_close(out);

	return close_code != 0 ? err_make(close_code, OP_CLOSE, SIDE_DST, -1) : err;
}

#define COMMAND(...) command_new((const char *const[]){ __VA_ARGS__, NULL })
#define SHELL(text)  COMMAND("sh", "-c", text)

/* Run S to its end without touching its streams. */
static struct verdict
run(struct stage_test *t, struct stage *s, bool fed)
{
	assert_non_null(s);
	assert_int_equal(test_start(t, s, fed).code, 0);
	return test_wait(t, s);
}

/* What a child of this program prints in MODE. */
static void
assert_prints(struct stage *s, const char *expected)
{
	struct stage_test t;

	test_begin(&t);
	assert_int_equal(run(&t, s, false).kind, VERDICT_OK);
	assert_string_equal(read_all(t.sink), expected);
	test_end(&t, s);
}

static struct stage *
self(const char *mode)
{
	return command_new_self(mode, (const char *const[]){ mode, NULL });
}

static void
it_is_a_command_in_all_slots(void **state)
{
	struct stage *s = COMMAND("zstd", "-3", "a b");
	struct port in, out;
	void *const *slots = (void *const *)s->ops;

	(void)state;
	for (size_t i = 0; i < sizeof *s->ops / sizeof slots[0]; i++)
		assert_non_null(slots[i]);
	assert_string_equal(s->name, "zstd -3 a b");
	assert_int_equal(s->kind, STAGE_COMMAND);
	assert_false(s->identity);
	s->ops->ports(s, &in, &out);
	assert_true(in.want == WANT_FD && in.must && out.want == WANT_FD && out.must);
	assert_int_equal(s->ops->leader(s), 0);
	s->ops->stop(s, STOP_CANCELED); /* harmless */
	stage_free(s);
	stage_free(NULL);
}

static void
ends_have_their_verdicts(void **state)
{
	static const struct {
		const char *script;
		enum verdict_kind kind;
		int code;
	} cases[] = {
		{ "exit 0", VERDICT_OK, 0 },
		{ "exit 3", VERDICT_EXIT, 3 },
		{ "exit 141", VERDICT_EXIT, 141 },
		{ "kill -PIPE $$", VERDICT_PIPE, 0 },
		{ "kill -HUP $$", VERDICT_SIGNAL, SIGHUP },
		{ "kill -TERM $$", VERDICT_SIGNAL, SIGTERM },
		{ "kill -KILL $$", VERDICT_SIGNAL, SIGKILL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct stage_test t;
		struct stage *s = SHELL(cases[i].script);

		test_begin(&t);
		struct verdict v = run(&t, s, false);
		assert_int_equal(v.kind, cases[i].kind);
		assert_int_equal(v.code, cases[i].code);
		assert_null(v.tail);
		assert_null(v.stream);
		assert_true(v.max_rss > 0);
		if (v.kind == VERDICT_PIPE)
			assert_int_equal(v.err.code, EPIPE);
		s->ops->stop(s, STOP_CANCELED); /* harmless */
		assert_int_equal(s->ops->leader(s), 0);
		test_end(&t, s);
	}
}

static void
a_command_that_is_missing_leaves_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < RUNS; i++) {
		struct stage_test t;
		struct verdict v;
		struct stage *s = COMMAND("decant-no-such-command", "x");

		test_begin(&t);
		t.run.keeps_tail = i % 2 == 0;
		t.run.env = i % 3 == 0 ? &(struct stage_env){ .setting = "A=1" } : NULL;
		assert_int_equal(test_start(&t, s, true).code, ENOENT);
		assert_true(t.in.closed && t.out.closed);
		s->ops->stop(s, STOP_FAILED);
		s->ops->verdict(s, &v);
		assert_int_equal(v.kind, VERDICT_START);
		assert_int_equal(v.err.code, ENOENT);
		assert_string_equal(v.stage, "decant-no-such-command x");
		/* nobody has the other ends any more */
		assert_string_equal(read_all(t.sink), "");
		test_end(&t, s);
	}
}

/* Rows 76, 77 of tests/STAGES.md. */
static void
it_gets_three_descriptors_and_sigpipe(void **state)
{
	struct sigaction ign = { .sa_handler = SIG_IGN }, was;
	int stray = fcntl(STDERR_FILENO, F_DUPFD, 40);

	(void)state;
	assert_prints(self("fds"), "0 1 2 ");
	sigaction(SIGPIPE, &ign, &was);
	assert_prints(self("signals"), "ignored blocked ");
	sigaction(SIGPIPE, &was, NULL);
	close(stray);
}

static void
it_works_on_the_given_files_themselves(void **state)
{
	struct stage_test t;
	struct stage *s = self("seek");
	int in = make_file("/tmp"), out = make_file("/tmp");

	(void)state;
	test_begin(&t);
	in_init(&t.in, in, false, t.run.bufs, &t.cancel);
	out_init(&t.out, out, false, t.run.bufs, &t.cancel);
	assert_int_equal(s->ops->start(s, &t.run, &t.in, &t.out).code, 0);
	assert_int_equal(test_wait(&t, s).kind, VERDICT_OK);
	/* one open file has one position */
	assert_int_equal(lseek(in, 0, SEEK_CUR), 5);
	test_end(&t, s);
	assert_int_equal(close(in), 0); /* borrowed: still open */
	assert_int_equal(close(out), 0);
}

static void
bytes_flow_through_it_and_end(void **state)
{
	struct stage_test t;
	struct stage *s = COMMAND("cat");

	(void)state;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, true).code, 0);
	assert_true(t.in.closed && t.out.closed);
	assert_int_equal(getpgid(s->ops->leader(s)), s->ops->leader(s));
	assert_int_equal(write(t.source, "hello", 5), 5);
	close(t.source);
	t.source = -1;
	assert_string_equal(read_all(t.sink), "hello"); /* it ends: we hold no end of it */
	assert_int_equal(test_wait(&t, s).kind, VERDICT_OK);
	test_end(&t, s);
	assert_prints(COMMAND("cat"), ""); /* no input is an empty one */
}

static void
a_reader_that_leaves_ends_it_quietly(void **state)
{
	struct stage_test t;
	struct stage *s = COMMAND("yes");

	(void)state;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	assert_string_equal(read_line(t.sink), "y");
	close(t.sink);
	t.sink = -1;
	assert_int_equal(test_wait(&t, s).kind, VERDICT_PIPE);
	test_end(&t, s);
}

static void
what_it_is_stopped_for_is_its_verdict(void **state)
{
	static const struct {
		enum stop_why why, then;
		enum verdict_kind kind;
	} cases[] = {
		{ STOP_CANCELED, STOP_CANCELED, VERDICT_CANCELED },
		{ STOP_DEADLINE, STOP_CANCELED, VERDICT_DEADLINE },
		{ STOP_MEMORY, STOP_CANCELED, VERDICT_MEMORY },
		{ STOP_FAILED, STOP_DEADLINE, VERDICT_CANCELED },
		{ STOP_DEADLINE, STOP_MEMORY, VERDICT_DEADLINE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int suspended = 0; suspended < 2; suspended++) {
			struct stage_test t;
			struct stage *s = COMMAND("sleep", "30");

			test_begin(&t);
			int64_t begin = now_ms();
			assert_int_equal(test_start(&t, s, false).code, 0);
			if (suspended)
				kill(s->ops->leader(s), SIGSTOP);
			s->ops->stop(s, cases[i].why);
			s->ops->stop(s, cases[i].then);
			struct verdict v = test_wait(&t, s);
			assert_int_equal(v.kind, cases[i].kind);
			assert_int_equal(v.code, 0);
			assert_true(now_ms() - begin < COMMAND_GRACE_MS);
			s->ops->stop(s, STOP_CANCELED);
			test_end(&t, s);
		}
}

/* Row 65 of tests/STAGES.md. */
static void
one_that_is_deaf_is_killed_in_the_end(void **state)
{
	struct stage_test t;
	struct stage *s = self("deaf");

	(void)state;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	assert_string_equal(read_line(t.sink), "deaf");
	int64_t begin = now_ms();
	s->ops->stop(s, STOP_CANCELED);
	assert_int_equal(test_wait(&t, s).kind, VERDICT_CANCELED);
	assert_true(now_ms() - begin >= COMMAND_GRACE_MS);
	test_end(&t, s);
}

static void
one_that_heeds_the_signal_ends_as_it_likes(void **state)
{
	struct stage_test t;
	struct stage *s = SHELL("trap 'exit 7' TERM; echo; while :; do sleep 0.01; done");

	(void)state;
	test_begin(&t);
	assert_int_equal(test_start(&t, s, false).code, 0);
	(void)read_line(t.sink);
	s->ops->stop(s, STOP_DEADLINE);
	struct verdict v = test_wait(&t, s);
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_int_equal(v.code, 7);
	test_end(&t, s);
}

/* Whoever still has the output is gone when the verdict is there: the pipe has ended. */
static void
its_children_go_with_it(void **state)
{
	static const char *const scripts[] = {
		"sleep 30 & sleep 30 & echo; wait",
		"(trap '' TERM; sleep 30) & echo; wait",
		"sleep 30 & echo",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct stage_test t;
		struct stage *s = SHELL(scripts[i]);

		test_begin(&t);
		assert_int_equal(test_start(&t, s, false).code, 0);
		(void)read_line(t.sink);
		if (i < 2)
			s->ops->stop(s, STOP_CANCELED);
		assert_int_equal(test_wait(&t, s).kind, i < 2 ? VERDICT_CANCELED : VERDICT_OK);
		assert_true(is_readable(t.sink, 10000));
		assert_string_equal(read_all(t.sink), "");
		test_end(&t, s);
	}
}

/* Row 65 of tests/STAGES.md. */
static void
on_a_terminal_it_stays_in_our_group(void **state)
{
	struct stage_test t;
	struct stage *s = COMMAND("sleep", "30");

	(void)state;
	test_begin(&t);
	t.run.keeps_group = true;
	assert_int_equal(test_start(&t, s, false).code, 0);
	assert_int_equal(getpgid(s->ops->leader(s)), getpgrp());
	s->ops->stop(s, STOP_CANCELED);
	assert_int_equal(test_wait(&t, s).kind, VERDICT_CANCELED);
	test_end(&t, s);
}

/* Row 67 of tests/STAGES.md. */
static void
the_last_words_are_kept(void **state)
{
	struct stage_test t;
	struct stage *s = SHELL("printf 'no such\\0thing' >&2; exit 4");

	(void)state;
	test_begin(&t);
	t.run.keeps_tail = true;
	struct verdict v = run(&t, s, false);
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_string_equal(v.tail, "no such?thing");
	test_end(&t, s);

	s = SHELL("head -c 300000 /dev/zero | tr '\\0' x >&2; printf '%s' end >&2");
	test_begin(&t);
	t.run.keeps_tail = true;
	v = run(&t, s, false);
	assert_int_equal(v.kind, VERDICT_OK);
	assert_non_null(v.tail);
	assert_int_equal(strlen(v.tail), COMMAND_TAIL);
	assert_int_equal(strspn(v.tail, "x"), COMMAND_TAIL - 3);
	assert_string_equal(v.tail + COMMAND_TAIL - 3, "end");
	test_end(&t, s);

	s = COMMAND("true");
	test_begin(&t);
	t.run.keeps_tail = true;
	assert_null(run(&t, s, false).tail);
	test_end(&t, s);
}

/* A grandchild holds stderr: its words are waited for, but not for ever. */
static void
who_holds_stderr_does_not_hold_us(void **state)
{
	struct stage_test t;
	struct stage *s = SHELL("(sleep 0.2; echo late >&2; sleep 30) & exit 2");

	(void)state;
	test_begin(&t);
	t.run.keeps_tail = true;
	int64_t begin = now_ms();
	struct verdict v = run(&t, s, false);
	int64_t took = now_ms() - begin;
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_string_equal(v.tail, "late\n");
	assert_in_range(took, COMMAND_LINGER_MS, 20000);
	test_end(&t, s);

	/* nor when it is to stop anyway */
	s = SHELL("sleep 30 & exit 2");
	test_begin(&t);
	t.run.keeps_tail = true;
	assert_int_equal(test_start(&t, s, false).code, 0);
	while (!s->ended) {
		siginfo_t info = { 0 };
		waitid(P_PID, (id_t)s->ops->leader(s), &info, WEXITED | WNOWAIT);
		loop_step(t.run.loop, 0);
		s->ops->stop(s, STOP_CANCELED);
	}
	v = test_wait(&t, s);
	assert_int_equal(v.kind, VERDICT_EXIT);
	assert_int_equal(v.code, 2);
	test_end(&t, s);
}

static void
a_stream_that_cannot_be_closed_is_a_failure_of_its_own(void **state)
{
	static const char *const scripts[] = { "exit 0", "exit 5" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct stage_test t;
		struct stage *s = SHELL(scripts[i]);

		test_begin(&t);
		close_code = EIO;
		assert_int_equal(test_start(&t, s, true).code, 0);
		close_code = 0;
		struct verdict v = test_wait(&t, s);
		assert_int_equal(v.kind, i == 0 ? VERDICT_ERR : VERDICT_EXIT);
		if (i == 0) {
			assert_int_equal(v.err.code, EIO);
			assert_string_equal(v.stream, "stdout");
		} else {
			assert_null(v.stream);
		}
		test_end(&t, s);
	}
}

static void
it_runs_where_and_with_what_it_is_told(void **state)
{
	struct stage_test t;
	struct stage_env old = { .setting = "DECANT_TEST=old" };
	struct stage_env removal = { .older = &old, .setting = "HOME" };
	struct stage_env new = { .older = &removal, .setting = "DECANT_TEST=a=b" };
	struct stage *s = SHELL("echo \"$DECANT_TEST,${HOME-none},${PATH+path}\"; pwd -P");

	(void)state;
	test_begin(&t);
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	t.run.env = &new;
	t.run.dir = dir;
	assert_int_equal(run(&t, s, false).kind, VERDICT_OK);
	assert_string_equal(read_all(t.sink), "a=b,none,path\n/\n");
	close(dir);
	test_end(&t, s);
}

/* Words of settings and of an environment, and what becomes of them, all joined by spaces. */
static const struct env_case {
	const char *base;
	const char *settings; /* oldest first */
	const char *expected;
} env_cases[] = {
	{ "", "", "" },
	{ "A=1 B=2", "", "A=1 B=2" },
	{ "", "A=1 B=2", "B=2 A=1" },
	{ "A=1 B=2", "C=3", "A=1 B=2 C=3" },
	{ "A=1 B=2 C=3", "B=x", "A=1 C=3 B=x" },
	{ "A=1 A=2 B=3", "A=x", "B=3 A=x" },
	{ "A=1", "A=x A=y", "A=y" },
	{ "A=1 B=2", "A", "B=2" },
	{ "A=1", "A=x A", "" },
	{ "A=1", "A A=x", "A=x" },
	{ "odd A=1 =x B", "A=2", "odd =x B A=2" },
	{ "odd", "odd=even", "odd=even" },
	{ "A=1=2 AB=3", "C=x=y=", "A=1=2 AB=3 C=x=y=" },
	{ "AB=1", "A=2", "AB=1 A=2" },
	{ "A=1", "A=", "A=" },
};

/* Split TEXT at its spaces, in place; returns the number of words. */
static size_t
words_of(char *text, const char *words[16])
{
	size_t n = 0;

	for (char *word; (word = strsep(&text, " ")) != NULL;)
		if (word[0] != '\0')
			words[n++] = word;
	words[n] = NULL;
	return n;
}

/* Row 70 of tests/STAGES.md. */
static void
the_newest_setting_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof env_cases / sizeof env_cases[0]; i++) {
		const struct env_case *c = &env_cases[i];
		char base[64], settings[64], got[128] = "";
		const char *base_words[16], *words[16], **envp;
		struct stage_env list[16];

		snprintf(base, sizeof base, "%s", c->base);
		snprintf(settings, sizeof settings, "%s", c->settings);
		(void)words_of(base, base_words);
		size_t n = words_of(settings, words);
		for (size_t k = 0; k < n; k++)
			list[k] = (struct stage_env){ k > 0 ? &list[k - 1] : NULL, words[k] };
		struct err err = environ_make(n > 0 ? &list[n - 1] : NULL, base_words, &envp);
		assert_int_equal(err.code, 0);
		for (size_t k = 0; envp[k] != NULL; k++) {
			strncat(got, k > 0 ? " " : "", 2);
			strncat(got, envp[k], 64);
		}
		assert_string_equal(got, c->expected);
		free(envp);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_command_in_all_slots),
		cmocka_unit_test(ends_have_their_verdicts),
		cmocka_unit_test(a_command_that_is_missing_leaves_nothing),
		cmocka_unit_test(it_gets_three_descriptors_and_sigpipe),
		cmocka_unit_test(it_works_on_the_given_files_themselves),
		cmocka_unit_test(bytes_flow_through_it_and_end),
		cmocka_unit_test(a_reader_that_leaves_ends_it_quietly),
		cmocka_unit_test(what_it_is_stopped_for_is_its_verdict),
		cmocka_unit_test(one_that_is_deaf_is_killed_in_the_end),
		cmocka_unit_test(one_that_heeds_the_signal_ends_as_it_likes),
		cmocka_unit_test(its_children_go_with_it),
		cmocka_unit_test(on_a_terminal_it_stays_in_our_group),
		cmocka_unit_test(the_last_words_are_kept),
		cmocka_unit_test(who_holds_stderr_does_not_hold_us),
		cmocka_unit_test(a_stream_that_cannot_be_closed_is_a_failure_of_its_own),
		cmocka_unit_test(it_runs_where_and_with_what_it_is_told),
		cmocka_unit_test(the_newest_setting_wins),
	};
	int status;

	if (child_side(argc, argv, &status))
		return status;
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
