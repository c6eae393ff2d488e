/* SPDX-License-Identifier: BSD-2-Clause */
/* The report on a system of strings: each line, each object, each exit status. */
#include "base/str.h"
#include "report/report.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define ERR(code_, op_, side_) .err = { .code = (code_), .op = (op_), .side = (side_), .off = -1 }

/* How the report under test is set up; a small set of options that the rows combine. */
enum {
	V = 1 << 0,      /* verbose */
	I = 1 << 1,      /* itemize */
	VV = 1 << 2,     /* unchanged */
	X = 1 << 3,      /* explain */
	Q = 1 << 4,      /* quiet */
	J = 1 << 5,      /* json */
	STATS = 1 << 6,  /* stats */
	DRY = 1 << 7,    /* dry_run */
	STRICT = 1 << 8, /* strict */
	ZERO = 1 << 9,   /* end = NUL */
	DONE0 = 1 << 10, /* print0=done */
	SKIP0 = 1 << 11, /* print0=skipped */
	FAIL0 = 1 << 12, /* print0=failed */
};

static const struct event item_new = { .kind = EVENT_ITEM,
	.action = ACTION_NEW,
	.src = "s/a",
	.dst = "d/a",
	.path = "a",
	.size = 4096,
	.seconds = 0.0001,
	.moved = { .bytes = 4096, .method = METHOD_CLONE } };
static const struct event item_changed = { .kind = EVENT_ITEM,
	.action = ACTION_CHANGED,
	.src = "s/img/logo.psd",
	.dst = "d/img/logo.psd",
	.path = "img/logo.psd",
	.size = 12897485,
	.note = "size, mtime",
	.backup = "d/img/logo.psd~",
	.moved = { .method = METHOD_COPY_RANGE, .refused = METHOD_CLONE, .refusal = EXDEV } };
static const struct event item_attributes = { .kind = EVENT_ITEM,
	.action = ACTION_ATTRIBUTES,
	.src = "s/bin/run.sh",
	.dst = "d/bin/run.sh",
	.path = "bin/run.sh",
	.note = "mode 0644 -> 0755" };
static const struct event item_linked = { .kind = EVENT_ITEM,
	.action = ACTION_LINKED,
	.src = "s/data/b.bin",
	.dst = "d/data/b.bin",
	.path = "data/b.bin",
	.note = "data/a.bin",
	.moved = { .method = METHOD_LINK } };
static const struct event item_unchanged = { .kind = EVENT_ITEM,
	.action = ACTION_UNCHANGED,
	.src = "s/u",
	.dst = "d/u",
	.path = "u",
	.size = 5 };
static const struct event item_deleted = {
	.kind = EVENT_ITEM, .action = ACTION_DELETED, .dst = "d/old", .path = "old", .size = 1126
};
static const struct event item_dir = {
	.kind = EVENT_ITEM, .what = KIND_DIR, .src = "s/d", .dst = "d/d", .path = "d"
};
static const struct event item_evil = { .kind = EVENT_ITEM,
	.src = "s/\033\377",
	.dst = "d/\033\377",
	.path = "\033\377",
	.size = 1,
	.moved = { .method = METHOD_BUFFER } };
static const struct event denied = {
	.kind = EVENT_ERROR, .src = "s/k", .dst = "d/k", .path = "k", ERR(EACCES, OP_OPEN, SIDE_SRC)
};
static const struct event denied_dst = { .kind = EVENT_ERROR,
	.src = "s/k",
	.dst = "d/k",
	.path = "k",
	ERR(EACCES, OP_CREATE, SIDE_DST),
	.note = "by\nrule" };
static const struct event unquiet = { .kind = EVENT_ERROR,
	.src = "s/log",
	.dst = "d/log",
	.path = "log",
	ERR(ESTALE, OP_CHANGED, SIDE_SRC),
	.note = "tried twice" };
static const struct event refused = { .kind = EVENT_ERROR,
	.src = "s/x",
	.dst = "d/x",
	.path = "x",
	ERR(EEXIST, OP_REFUSE, SIDE_SRC),
	.note = "it's a directory" };
static const struct event full = { .kind = EVENT_ERROR,
	.src = "s/x",
	.dst = "d/x",
	.path = "x",
	ERR(ENOSPC, OP_WRITE, SIDE_DST),
	.fatal = true };
static const struct event full_said = { .kind = EVENT_ERROR,
	.dst = "d/x",
	ERR(ENOSPC, OP_WRITE, SIDE_DST),
	.fatal = true,
	.note = "needs 4.2 GiB more, 1.1 GiB free" };
static const struct event broken = { .kind = EVENT_ERROR,
	.src = "s/x",
	.dst = "d/x",
	.path = "x",
	ERR(EIO, OP_WRITE, SIDE_DST),
	.fatal = true };
static const struct event no_memory = {
	.kind = EVENT_ERROR, ERR(ENOMEM, OP_MEMORY, SIDE_NONE), .fatal = true
};
static const struct event vanished = {
	.kind = EVENT_VANISHED, .src = "s/v", .path = "v", ERR(ENOENT, OP_OPEN, SIDE_SRC)
};
static const struct event lost = {
	.kind = EVENT_LOST, .src = "s/o", .dst = "d/o", .path = "o", ERR(EPERM, OP_CHOWN, SIDE_DST)
};
static const struct event note = { .kind = EVENT_NOTE, .note = "100% of \033 remarks" };

#define FATAL "decant: stopped: "

/* One event under some options: standard output, standard error without the end, the status. */
static const struct {
	const struct event *ev;
	int opts;
	const char *out;
	const char *err;
	int status;
} lines[] = {
	{ &item_new, 0, "", "", 0 },
	{ &item_new, V, "'s/a' -> 'd/a'\n", "", 0 },
	{ &item_new, V | I, "+ new          4.0 KiB  a\n", "", 0 },
	{ &item_dir, V, "'s/d' -> 'd/d'\n", "", 0 },
	{ &item_dir, I, "+ new                   d\n", "", 0 },
	{ &item_changed, V, "'s/img/logo.psd' -> 'd/img/logo.psd' (backup: 'd/img/logo.psd~')\n",
	    "", 0 },
	{ &item_changed, I, "~ content     12.3 MiB  img/logo.psd           size, mtime\n", "", 0 },
	{ &item_changed, I | ZERO, "~ content     12.3 MiB  img/logo.psd", "", 0 },
	{ &item_changed, X,
	    "img/logo.psd   12.3 MiB  copied  copy_file_range (no reflink: other file system; "
	    "size, mtime)\n",
	    "", 0 },
	{ &item_new, X, "a               4.0 KiB  cloned  FICLONE\n", "", 0 },
	{ &item_dir, X, "d                        made    directory\n", "", 0 },
	{ &item_unchanged, X, "u                   5 B  kept    file\n", "", 0 },
	{ &item_attributes, I, ". attributes            bin/run.sh             mode 0644 -> 0755\n",
	    "", 0 },
	{ &item_linked, I, "> hard link             data/b.bin             -> data/a.bin\n", "",
	    0 },
	{ &item_deleted, I, "- delete       1.1 KiB  old\n", "", 0 },
	{ &item_deleted, V, "removed 'd/old'\n", "", 0 },
	{ &item_unchanged, V | I, "", "", 0 },
	{ &item_unchanged, I | VV, "= unchanged        5 B  u\n", "", 0 },
	{ &item_evil, V, "'s/'$'\\033\\377' -> 'd/'$'\\033\\377'\n", "", 0 },
	{ &item_evil, I, "+ new              1 B  ''$'\\033\\377'\n", "", 0 },
	{ &item_evil, I | ZERO, "+ new              1 B  \033\377", "", 0 },
	{ &item_new, DONE0, "s/a", "", 0 },
	{ &item_new, DONE0 | DRY, "", "", 0 },
	{ &item_unchanged, DONE0, "", "", 0 },
	{ &item_unchanged, SKIP0, "s/u", "", 0 },
	{ &denied, FAIL0, "s/k", "decant: cannot read 's/k': Permission denied\n", 1 },
	{ &denied, Q, "", "decant: cannot read 's/k': Permission denied\n", 1 },
	{ &denied, I,
	    "! error                 k                      cannot read: Permission denied\n",
	    "decant: cannot read 's/k': Permission denied\n", 1 },
	{ &denied_dst, 0, "", "decant: cannot create 'd/k': Permission denied (by?rule)\n", 1 },
	{ &unquiet, 0, "", "decant: changed while it was read: 's/log' (tried twice)\n", 4 },
	{ &refused, 0, "", "decant: refusing to copy 's/x': it's a directory\n", 1 },
	{ &full, 0, "", FATAL "dst is full (needs 1.0 GiB more)\n", 3 },
	{ &full_said, 0, "", FATAL "dst is full (needs 4.2 GiB more, 1.1 GiB free)\n", 3 },
	{ &broken, 0, "", FATAL "error writing 'd/x': Input/output error\n", 3 },
	{ &no_memory, 0, "", FATAL "memory: Cannot allocate memory\n", 3 },
	{ &vanished, 0, "", "", 0 },
	{ &vanished, V, "", "decant: 's/v' vanished before it was read\n", 0 },
	{ &vanished, STRICT, "", "decant: 's/v' vanished before it was read\n", 4 },
	{ &lost, 0, "", "decant: cannot keep the owner of 'd/o': Operation not permitted\n", 0 },
	{ &lost, Q, "", "", 0 },
	{ &note, 0, "", "decant: 100% of ? remarks\n", 0 },
	{ &note, Q, "", "", 0 },
};

#define SUMMARY_TAIL                                                                              \
	"\"items\":{\"new\":0,\"changed\":0,\"attributes\":0,\"linked\":0,\"unchanged\":0,"       \
	"\"deleted\":0,\"failed\":0},\"bytes\":{\"logical\":0,\"written\":0,\"cloned\":0,"        \
	"\"holes\":0},\"how\":{\"reflink\":0,\"copy_file_range\":0,\"sendfile\":0,\"buffer\":0}," \
	"\"errors\":{},\"vanished\":0,\"changed\":0,\"lost\":0,\"seconds\":0.000000,"             \
	"\"interrupted\":false}\n"

/* One event as JSON. */
static const struct {
	const struct event *ev;
	const char *json;
} objects[] = {
	{ &item_new, "{\"type\":\"item\",\"action\":\"new\",\"kind\":\"file\",\"path\":\"a\","
		     "\"bytes\":4096,\"how\":\"reflink\",\"seconds\":0.000100}\n" },
	{ &item_changed,
	    "{\"type\":\"item\",\"action\":\"changed\",\"kind\":\"file\","
	    "\"path\":\"img/logo.psd\",\"bytes\":12897485,\"reasons\":[\"size\",\"mtime\"],"
	    "\"how\":\"copy_file_range\",\"fallback\":\"reflink: EXDEV\","
	    "\"backup\":\"d/img/logo.psd~\"}\n" },
	{ &item_linked,
	    "{\"type\":\"item\",\"action\":\"linked\",\"kind\":\"file\","
	    "\"path\":\"data/b.bin\",\"bytes\":0,\"target\":\"data/a.bin\",\"how\":\"link\"}\n" },
	{ &item_dir,
	    "{\"type\":\"item\",\"action\":\"new\",\"kind\":\"directory\",\"path\":\"d\"}\n" },
	{ &item_evil,
	    "{\"type\":\"item\",\"action\":\"new\",\"kind\":\"file\",\"path_b64\":\"G/8=\","
	    "\"bytes\":1,\"how\":\"buffer\"}\n" },
	{ &item_unchanged, "" },
	{ &note, "" },
	{ &denied,
	    "{\"type\":\"error\",\"class\":\"permission\",\"op\":\"open\",\"errno\":\"EACCES\","
	    "\"path\":\"k\",\"side\":\"src\",\"fatal\":false,"
	    "\"message\":\"cannot read 'k': Permission denied\"}\n" },
	{ &no_memory,
	    "{\"type\":\"error\",\"class\":\"other\",\"op\":\"memory\",\"errno\":\"ENOMEM\","
	    "\"side\":\"none\",\"fatal\":true,\"message\":\"memory: Cannot allocate memory\"}\n" },
	{ &vanished,
	    "{\"type\":\"vanished\",\"class\":\"missing\",\"op\":\"open\",\"errno\":\"ENOENT\","
	    "\"path\":\"v\",\"side\":\"src\",\"fatal\":false,"
	    "\"message\":\"cannot read 'v': No such file or directory\"}\n" },
};

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

static struct str out, err, published;
static int64_t clock_ns;
static int out_code;

static struct err
fake_write(int fd, const void *bytes, size_t len)
{
	if (fd == 1 && out_code != 0)
		return err_make(out_code, OP_WRITE, SIDE_DST, -1);
	str_add(fd == 1 ? &out : &err, bytes, len);
	return ERR_OK;
}

static struct err
fake_publish(const char *path, const char *text, size_t len)
{
	if (strcmp(path, "full") == 0)
		return err_make(ENOSPC, OP_WRITE, SIDE_DST, -1);
	str_add(&published, text, len);
	return ERR_OK;
}

static int64_t
fake_now(void)
{
	return clock_ns;
}

static struct report_opts
options(int set)
{
	static const char *const srcs[] = { "/a", "b" };

	return (struct report_opts){
		.io = { .write = fake_write, .publish = fake_publish, .now_ns = fake_now, .started = { 1795262400, 1 } },
		.version = "1.0.0",
		.program = "decant",
		.verb = "copy",
		.verbose = set & V,
		.itemize = set & I,
		.unchanged = set & VV,
		.explain = set & X,
		.quiet = set & Q,
		.json = set & J,
		.stats = set & STATS,
		.dry_run = set & DRY,
		.strict = set & STRICT,
		.end = set & ZERO ? '\0' : '\n',
		.progress = PROGRESS_NEVER,
		.print0 = set & DONE0   ? PRINT0_DONE
			  : set & SKIP0 ? PRINT0_SKIPPED
			  : set & FAIL0 ? PRINT0_FAILED
					: PRINT0_NONE,
		.srcs = srcs,
		.n_srcs = COUNT(srcs),
		.dst = "dst",
		.jobs = 4,
	};
}

static int
clear(void **state)
{
	(void)state;
	str_release(&out);
	str_release(&err);
	str_release(&published);
	clock_ns = 0;
	out_code = 0;
	return 0;
}

static void
an_event_is_one_line(void **state)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct report_opts opts = options(lines[i].opts);
		struct report *r = report_new(&opts);
		int status;

		report_live(r)->bytes_found = INT64_C(3) << 30;
		report_live(r)->bytes_done = INT64_C(2) << 30;
		report_live(r)->walked = true;
		report_emit(r, lines[i].ev);
		assert_string_equal(err.buf, lines[i].err);
		opts.quiet = true;
		status = report_finish(r, 0);
		assert_string_equal(out.buf, lines[i].out);
		assert_int_equal(out.len,
		    strlen(lines[i].out) + (*lines[i].out != '\0' && out.buf[out.len - 1] == '\0'));
		assert_int_equal(status, lines[i].status);
		report_free(r);
		clear(state);
	}
}

static void
an_event_is_one_object(void **state)
{
	struct report_opts opts = options(J);

	for (size_t i = 0; i < COUNT(objects); i++) {
		struct report *r = report_new(&opts);

		report_emit(r, objects[i].ev);
		report_tick(r);
		assert_string_equal(out.buf, objects[i].json);
		report_free(r);
		clear(state);
	}
}

static void
json_starts_and_ends(void **state)
{
	struct report_opts opts = options(J | DRY);
	struct report *r = report_new(&opts);

	(void)state;
	report_start(r);
	assert_int_equal(report_finish(r, 0), 0);
	report_free(r);
	assert_string_equal(err.buf, "");
	assert_string_equal(out.buf,
	    "{\"type\":\"start\",\"version\":1,\"decant\":\"1.0.0\",\"verb\":\"copy\",\"dry_run\":"
	    "true,"
	    "\"src\":[\"/a\",\"b\"],\"dst\":\"dst\",\"jobs\":4,"
	    "\"time\":\"2026-11-21T12:00:00.000000001Z\"}\n"
	    "{\"type\":\"summary\",\"result\":\"done\",\"exit\":0," SUMMARY_TAIL);
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_is_one_line, clear, clear),
		cmocka_unit_test_setup_teardown(an_event_is_one_object, clear, clear),
		cmocka_unit_test_setup_teardown(json_starts_and_ends, clear, clear),
		cmocka_unit_test_setup_teardown(the_highest_status_wins, clear, clear),
		cmocka_unit_test_setup_teardown(
		    errors_are_grouped_when_there_is_more_than_one, clear, clear),
		cmocka_unit_test_setup_teardown(a_summary_says_what_was_done, clear, clear),
		cmocka_unit_test_setup_teardown(a_dry_run_ends_with_its_sum, clear, clear),
		cmocka_unit_test_setup_teardown(
		    a_report_file_holds_errors_and_summary, clear, clear),
		cmocka_unit_test_setup_teardown(
		    standard_output_that_fails_is_named_unless_its_reader_left, clear, clear),
		cmocka_unit_test(items_are_wanted_by_their_renderers_only),
	};

	str_release(&out);
	str_release(&err);
	str_release(&published);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
