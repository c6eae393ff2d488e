/* SPDX-License-Identifier: BSD-2-Clause */
/* The progress line: its layout at each width, and when it is drawn, on a clock of ours. */
#include "report/progress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define MIB          (INT64_C(1) << 20)
#define GIB          (INT64_C(1) << 30)
#define SECOND       INT64_C(1000000000)
#define ERASE        "\r\033[K"

static const struct progress_figures walking = { .items_found = 12400,
	.items_done = 2000,
	.bytes_found = 18 * GIB,
	.bytes_done = 3174 * MIB,
	.byte_rate = 1299227607,
	.elapsed_s = 3,
	.left_s = -1 };
static const struct progress_figures walking_idle = { .items_found = 5, .left_s = -1 };
static const struct progress_figures copying = { .items_found = 18204,
	.items_done = 7512,
	.bytes_found = 31539 * MIB,
	.bytes_done = 12902 * MIB,
	.byte_rate = 1299227607,
	.walked = true,
	.percent = 41,
	.elapsed_s = 10,
	.left_s = 15 };
static const struct progress_figures cloning = { .items_found = 18204,
	.items_done = 13305,
	.bytes_found = 31539 * MIB,
	.bytes_done = 23000 * MIB,
	.byte_rate = 99 * GIB,
	.item_rate = 9120,
	.walked = true,
	.cloned = true,
	.percent = 73,
	.elapsed_s = 1,
	.left_s = -1 };
static const struct progress_figures done = { .items_found = 3,
	.items_done = 3,
	.bytes_found = 10,
	.bytes_done = 10,
	.walked = true,
	.percent = 100,
	.left_s = 0 };

static const struct {
	const struct progress_figures *figures;
	int columns;
	const char *line;
} layouts[] = {
	{ &walking, 80, "walking  12,400 items   copied 3.1 of 18+ GiB   1.21 GiB/s   0:03" },
	{ &walking, 64, "walking  12,400 items   1.21 GiB/s   0:03" },
	{ &walking, 40, "walking  12,400 items   0:03" },
	{ &walking_idle, 80, "walking  5 items   0 done   0:00" },
	{ &copying, 80,
	    " 41% [########------------]  12.6/30.8 GiB  1.21 GiB/s  7,512/18,204 files  0:15" },
	{ &copying, 79, " 41%  12.6/30.8 GiB  1.21 GiB/s  7,512/18,204 files  0:15" },
	{ &copying, 40, " 41%  12.6/30.8 GiB  1.21 GiB/s  0:15" },
	{ &copying, 20, " 41%  12.6/30.8 GiB" },
	{ &copying, 1, " 41%" },
	{ &cloning, 80,
	    " 73% [##############------]  13,305/18,204 files  9,120 files/s  cloned  0:01" },
	{ &cloning, 40, " 73%  13,305/18,204 files  9,120 files/s" },
	{ &done, 80, "100% [####################]  10/10 B  3/3 files  0:00" },
};

/* What happens on a run, second by second; -1 = the walk goes on. */
static const struct {
	int64_t at_s;
	int64_t found;
	int64_t copied; /* MiB */
	bool walked;
	const char *drawn;
} moments[] = {
	{ 0, 100, 0, false, "" },
	{ 1, 400, 100, false,
	    ERASE "walking  1 items   copied 100.0 of 400+ MiB   100 MiB/s   0:01" },
	{ 2, 1000, 200, true,
	    ERASE " 20% [####----------------]  200.0/1000.0 MiB  100 MiB/s  0/1 files  0:02" },
	{ 3, 2000, 300, true, /* a file grew: the percentage stays */
	    ERASE " 20% [####----------------]  0.3/2.0 GiB  100 MiB/s  0/1 files  0:03" },
	{ 10, 2000, 1000, true, /* from now on what is left */
	    ERASE " 50% [##########----------]  1.0/2.0 GiB  100 MiB/s  0/1 files  0:10" },
	{ 11, 2000, 1500, true,
	    ERASE " 75% [###############-----]  1.5/2.0 GiB  136 MiB/s  0/1 files  0:04" },
	{ 12, 2000, 2000, true, /* not complete before its last entry is */
	    ERASE " 99% [###################-]  2.0/2.0 GiB  167 MiB/s  0/1 files  0:00" },
};

static struct str err, out;
static int64_t clock_ns;

static struct err
fake_write(int fd, const void *bytes, size_t len)
{
	str_add(fd == 1 ? &out : &err, bytes, len);
	return ERR_OK;
}

static int64_t
fake_now(void)
{
	return clock_ns;
}

static int
clear(void **state)
{
	(void)state;
	str_release(&err);
	str_release(&out);
	clock_ns = 0;
	return 0;
}

static struct report_opts
options(enum progress_when when, bool tty)
{
	return (struct report_opts){
		.io = { .write = fake_write, .now_ns = fake_now, .stderr_is_tty = tty },
		.version = "1",
		.program = "decant",
		.verb = "copy",
		.end = '\n',
		.progress = when,
	};
}

static void
a_line_leaves_out_what_does_not_fit(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT(layouts); i++) {
		progress_line(&s, layouts[i].figures, layouts[i].columns);
		assert_string_equal(s.buf, layouts[i].line);
		str_clear(&s);
	}
	str_release(&s);
}

static void
the_line_is_drawn_after_a_second_and_never_goes_back(void **state)
{
	struct report_opts opts = options(PROGRESS_AUTO, true);
	struct report *r = report_new(&opts);
	struct live *live = report_live(r);

	(void)state;
	live->items_found = 1;
	for (size_t i = 0; i < COUNT(moments); i++) {
		clock_ns = moments[i].at_s * SECOND;
		live->bytes_found = moments[i].found * MIB;
		live->bytes_done = moments[i].copied * MIB;
		live->walked = moments[i].walked;
		report_tick(r);
		assert_string_equal(err.buf, moments[i].drawn);
		str_release(&err);
	}
	assert_int_equal(report_finish(r, 0), 0);
	assert_memory_equal(err.buf, ERASE "decant: 0 files", 18);
	assert_null(strstr(err.buf + 3, "\r"));
	report_free(r);
}

static void
a_log_line_erases_prints_and_redraws(void **state)
{
	static const struct event ev = { .kind = EVENT_NOTE, .note = "hello" };
	static const struct event item = { .kind = EVENT_ITEM, .src = "a", .dst = "b" };
	struct report_opts opts = options(PROGRESS_ALWAYS, true);
	struct report *r;

	(void)state;
	opts.verbose = opts.io.stdout_is_tty = true;
	r = report_new(&opts);
	report_emit(r, &ev);
	assert_string_equal(err.buf, "decant: hello\n" ERASE "walking  0 items   0 done   0:00");
	str_release(&err);
	report_emit(r, &ev);
	assert_string_equal(
	    err.buf, ERASE "decant: hello\n" ERASE "walking  0 items   0 done   0:00");
	str_release(&err);
	report_emit(r, &item);
	assert_string_equal(err.buf, ERASE ERASE "walking  0 items   0 done   0:00");
	assert_string_equal(out.buf, "'a' -> 'b'\n");
	report_free(r);
}

static void
nothing_is_drawn_where_no_line_can_be(void **state)
{
	struct report_opts sets[] = {
		options(PROGRESS_NEVER, true), options(PROGRESS_AUTO, false),
		options(PROGRESS_AUTO, true), /* quiet */
		options(PROGRESS_AUTO, true), /* dumb */
	};

	(void)state;
	sets[2].quiet = true;
	sets[3].io.dumb = true;
	for (size_t i = 0; i < COUNT(sets); i++) {
		struct report *r;

		clock_ns = 0;
		r = report_new(&sets[i]);
		clock_ns = 100 * SECOND;
		report_tick(r);
		assert_int_equal(report_finish(r, 0), 0);
		assert_string_equal(err.buf, "");
		report_free(r);
	}
}

static void
without_a_terminal_whole_lines_come_every_half_minute(void **state)
{
	struct report_opts sets[] = { options(PROGRESS_ALWAYS, false),
		options(PROGRESS_ALWAYS, true) };

	sets[1].io.dumb = true;
	for (size_t i = 0; i < COUNT(sets); i++) {
		struct report *r = report_new(&sets[i]);
		int n = 0;

		for (int tick = 0; tick <= 500; tick++) {
			clock_ns = tick * SECOND / 5;
			report_tick(r);
		}
		assert_null(strpbrk(err.buf, "\r\033"));
		for (const char *p = err.buf; (p = strchr(p, '\n')) != NULL; p++)
			n++;
		assert_int_equal(n, 3);
		report_free(r);
		clear(state);
	}
}

static void
json_gets_an_object_a_second_when_asked(void **state)
{
	struct report_opts opts = options(PROGRESS_ALWAYS, false);
	struct report *r;

	(void)state;
	opts.json = true;
	r = report_new(&opts);
	report_tick(r);
	assert_string_equal(out.buf, "");
	report_live(r)->bytes_done = 7;
	report_live(r)->walked = true;
	clock_ns = SECOND;
	report_tick(r);
	assert_string_equal(out.buf,
	    "{\"type\":\"progress\",\"items_done\":0,\"items_total\":0,\"bytes_done\":7,"
	    "\"bytes_total\":0,\"total_final\":true,\"rate\":7,\"errors\":0}\n");
	report_free(r);
}

static void
a_status_line_is_said_at_once(void **state)
{
	struct report_opts opts = options(PROGRESS_AUTO, false);
	struct report *r = report_new(&opts);

	(void)state;
	report_status(r);
	assert_string_equal(err.buf, "decant: walking  0 items   0 done   0:00\n");
	report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_leaves_out_what_does_not_fit),
		cmocka_unit_test_setup_teardown(
		    the_line_is_drawn_after_a_second_and_never_goes_back, clear, clear),
		cmocka_unit_test_setup_teardown(a_log_line_erases_prints_and_redraws, clear, clear),
		cmocka_unit_test_setup_teardown(
		    nothing_is_drawn_where_no_line_can_be, clear, clear),
		cmocka_unit_test_setup_teardown(
		    without_a_terminal_whole_lines_come_every_half_minute, clear, clear),
		cmocka_unit_test_setup_teardown(
		    json_gets_an_object_a_second_when_asked, clear, clear),
		cmocka_unit_test_setup_teardown(a_status_line_is_said_at_once, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
