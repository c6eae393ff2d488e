/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/function and pipe/joint: what functions are given, how they write, and how they learn of ends. */
#include "pipeline_run.h"

#include <cmocka.h>

enum {
	LINES = 100000,
	LINE = 6,       /* bytes of a line */
	AT_ONCE = 1000, /* milliseconds within which a wait for nothing is over; STAGES.md row 68 */
	SLOW_LINES = 100, /* that a slow reader reads byte by byte */
};

struct err __real_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put);
struct err __wrap_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put);

static atomic_uint writes; /* calls that write */

struct err
__wrap_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put)
{
	atomic_fetch_add(&writes, 1);
	return __real_fd_write_ready(to, buf, size, put);
}

/* Rows 78, 79, and the pins behind them: 600,000 bytes in lines are ten blocks of 64 KiB. */
static void
lines_leave_in_blocks(void **state)
{
	struct pipeline_test t;
	struct actor a = { .writes = LINES };
	(void)state;

	pipeline_begin(&t);
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	pipeline_append(&t, actor_new(&a, "writer"));
	struct end sink = end_at(fd, false, "stdout");
	atomic_store(&writes, 0);
	assert_int_equal(pipeline_pass(&t, &no_end, &sink).kind, VERDICT_OK);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), LINES * LINE);
	assert_int_equal(atomic_load(&writes), (LINES * LINE + STREAM_BLOCK - 1) / STREAM_BLOCK);
	close(fd);
	pipeline_end(&t, 0);
}

/* Rows 44, 50, 100: the descriptor of an end is what the first and the last stage get. */
static void
the_ends_are_given_themselves(void **state)
{
	(void)state;
	for (int owned = 0; owned < 2; owned++) {
		struct pipeline_test t;
		struct actor a = { .reads = -1 }, b = { .reads = -1 };
		int in[2], out[2];

		pipeline_begin(&t);
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
		assert_int_equal(pipe2(out, O_CLOEXEC), 0);
		close(in[1]);
		pipeline_append(&t, actor_new(&a, "first"));
		pipeline_append(&t, actor_new(&b, "last"));
		struct end source = end_at(in[0], owned != 0, "stdin");
		struct end sink = end_at(out[1], owned != 0, "stdout");
		assert_int_equal(pipeline_pass(&t, &source, &sink).kind, VERDICT_OK);
		assert_int_equal(a.in_fd, in[0]); /* no copy of it, no pipe before it */
		assert_int_equal(b.out_fd, out[1]);
		assert_true(a.out_ring && b.in_ring);
		close(out[0]);
		pipeline_end(&t, owned ? 0 : 2);
		if (!owned) {
			close(in[0]);
			close(out[1]);
		}
	}
}

/* What a neighbor is, and what the functions of a row are to be given there. */
struct match {
	const char
	    *stages;     /* f = function of any wish, F = one that wants descriptors, c = command */
	const char *ins; /* of each function: r = ring, d = descriptor, - = nothing */
	const char *outs; /* likewise */
};

static const struct match matches[] = {
	{ "f", "-", "-" },
	{ "F", "-", "-" },
	{ "ff", "-r", "r-" },
	{ "fc", "-", "d" },
	{ "cf", "d", "-" },
	{ "fF", "-d", "d-" },
	{ "Ff", "-d", "d-" },
	{ "FF", "-d", "d-" },
	{ "cfc", "d", "d" },
	{ "fcf", "-d", "d-" },
	{ "fff", "-rr", "rr-" },
	{ "ffFf", "-rdd", "rdd-" },
	{ "cffc", "dr", "rd" },
	{ "fFfc", "-dd", "ddd" },
};

static char
kind_of(int fd, bool ring)
{
	return ring ? 'r' : fd >= 0 ? 'd' : '-';
}

/* Rows 46, 47, 48, 82, 98: stages that look at what they were given. */
static void
neighbors_are_matched(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
		const struct match *m = &matches[i];
		struct actor actors[4] = { 0 };
		struct pipeline_test t;
		size_t n = 0;

		pipeline_begin(&t);
		for (const char *s = m->stages; *s != '\0'; s++) {
			if (*s == 'c') {
				pipeline_append(&t, COMMAND("cat"));
				continue;
			}
			enum want want = *s == 'F' ? WANT_FD : WANT_ANY;
			actors[n].reads = -1;
			pipeline_append(&t, actor_between(&actors[n++], "actor", want, want));
		}
		assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
		for (size_t k = 0; k < n; k++) {
			char in = kind_of(actors[k].in_fd, actors[k].in_ring);
			char out = kind_of(actors[k].out_fd, actors[k].out_ring);
			if (in != m->ins[k] || out != m->outs[k])
				fail_msg(
				    "%s: function %zu was given %c and %c", m->stages, k, in, out);
		}
		pipeline_end(&t, 0);
	}
}

/* Row 81. */
static void
without_ends_it_reads_nothing_and_writes_for_nobody(void **state)
{
	struct pipeline_test t;
	struct actor a = { .writes = LINES, .reads = -1 };
	(void)state;

	pipeline_begin(&t);
	pipeline_append(&t, actor_new(&a, "actor"));
	assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
	assert_int_equal(a.got, 0);
	pipeline_end(&t, 0);
}

/* Rows 43, 58: a function has one thread, nothing else has any; a lone one can do without. */
static void
each_function_is_a_thread(void **state)
{
	struct pipeline_test t;
	struct actor actors[3] = { { .reads = -1 }, { .reads = -1 }, { .reads = -1 } };
	int in[2];
	(void)state;

	pipeline_begin(&t);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	for (int i = 0; i < 3; i++) {
		pipeline_append(&t, actor_new(&actors[i], "actor"));
		pipeline_append(&t, COMMAND("cat"));
	}
	struct end source = end_at(in[0], true, "stdin");
	pipeline_go(&t, &source, &no_end);
	assert_int_equal(count_threads(), t.threads + 3);
	close(in[1]);
	pipeline_wait(t.p, &t.v);
	pipeline_end(&t, 0);

	pipeline_begin(&t);
	t.means.is_inline = true;
	pipeline_append(&t, actor_new(&actors[0], "actor"));
	pipeline_go(&t, &no_end, &no_end);
	assert_int_equal(count_threads(), t.threads);
	pipeline_wait(t.p, &t.v);
	assert_int_equal(t.v.kind, VERDICT_OK);
	pipeline_end(&t, 0);
}

/* Row 68: input that never comes is not waited for once nobody reads what would become of it: behind
 * a pipe, behind a ring, and behind two rings. */
static void
who_waits_for_input_learns_that_nobody_reads(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct actor a = { .reads = -1, .passes_on = true };
		struct actor b = a, taster = { .early = true };
		struct pipeline_test t;
		int in[2];

		pipeline_begin(&t);
		assert_int_equal(pipe2(in, O_CLOEXEC), 0);
		pipeline_append(&t, actor_new(&a, "a"));
		if (kind == 2)
			pipeline_append(&t, actor_new(&b, "b"));
		pipeline_append(&t, kind == 0 ? COMMAND("true") : actor_new(&taster, "taster"));
		struct end source = end_at(in[0], true, "stdin");
		int64_t begin = now_ms();
		pipeline_pass(&t, &source, &no_end);
		assert_true(now_ms() - begin < AT_ONCE);
		assert_int_equal(t.v.kind, kind == 0 ? VERDICT_PIPE : VERDICT_OK);
		close(in[1]);
		pipeline_end(&t, 0);
	}
}

static struct err
read_slowly(void *arg, struct in *in, struct out *out, bool *early)
{
	struct timespec pause = { .tv_nsec = 1000 * 1000 };
	int64_t *got = arg;
	const void *bytes;
	size_t n;

	(void)out;
	(void)early;
	for (;;) {
		TRY(in_peek(in, 1, &bytes, &n));
		if (n == 0)
			return ERR_OK;
		nanosleep(&pause, NULL);
		in_take(in, 1);
		++*got;
	}
}

/* Row 99: behind a command, and behind a ring. */
static void
a_slow_reader_gets_all(void **state)
{
	(void)state;
	for (int ring = 0; ring < 2; ring++) {
		struct actor writer = { .writes = SLOW_LINES };
		int64_t got = 0;
		struct function f = {
			.name = "slow",
			.body = read_slowly,
			.arg = &got,
			.in = { .want = WANT_ANY },
			.out = { .want = WANT_ANY },
		};
		struct pipeline_test t;

		pipeline_begin(&t);
		pipeline_append(&t, ring ? actor_new(&writer, "writer") : COMMAND("seq", "100"));
		pipeline_append(&t, function_new(&f));
		assert_int_equal(pipeline_pass(&t, &no_end, &no_end).kind, VERDICT_OK);
		assert_int_equal(got, ring ? SLOW_LINES * LINE : 292);
		pipeline_end(&t, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_leave_in_blocks),
		cmocka_unit_test(the_ends_are_given_themselves),
		cmocka_unit_test(neighbors_are_matched),
		cmocka_unit_test(without_ends_it_reads_nothing_and_writes_for_nobody),
		cmocka_unit_test(each_function_is_a_thread),
		cmocka_unit_test(who_waits_for_input_learns_that_nobody_reads),
		cmocka_unit_test(a_slow_reader_gets_all),
	};

	proc_block_signals();
	return cmocka_run_group_tests_name("function", tests, NULL, NULL);
}
