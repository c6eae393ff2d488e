/* SPDX-License-Identifier: BSD-2-Clause */
/* Each event as the line and as the object that it becomes. */
#include "report/text.h"
#include "tests/unit/report_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FATAL "decant: stopped: "

/* One event under some options: the status, standard output, standard error without its end. */
static const struct {
	const struct event *ev;
	int opts;
	int status;
	const char *out;
	const char *err;
} lines[] = {
	{ &item_new, 0, 0, "", "" },
	{ &item_new, V, 0, "'s/a' -> 'd/a'\n", "" },
	{ &item_new, V | I, 0, "+ new          4.0 KiB  a\n", "" },
	{ &item_dir, V, 0, "'s/d' -> 'd/d'\n", "" },
	{ &item_dir, I, 0, "+ new                   d\n", "" },
	{ &item_changed, V, 0, "'s/img/logo.psd' -> 'd/img/logo.psd' (backup: 'd/img/logo.psd~')\n",
	    "" },
	{ &item_changed, I, 0, "~ content     12.3 MiB  img/logo.psd           size, mtime\n", "" },
	{ &item_changed, I | ZERO, 0, "~ content     12.3 MiB  img/logo.psd", "" },
	{ &item_changed, X, 0,
	    "img/logo.psd   12.3 MiB  copied  copy_file_range (no reflink: other file system; "
	    "size, mtime)\n",
	    "" },
	{ &item_new, X, 0, "a               4.0 KiB  cloned  FICLONE\n", "" },
	{ &item_hashed, I, 0,
	    "+ new              5 B  h                      overwritten  xxh64:00ff,md5:abcd\n",
	    "" },
	{ &item_hashed, I | ZERO, 0, "+ new              5 B  h", "" },
	{ &item_hashed, V, 0, "'s/h' -> 'd/h'\n", "" },
	{ &item_hashed, X, 0,
	    "h                   5 B  copied  buffers (no reflink: other file system; overwritten; "
	    "hash xxh64, md5 in between)\n",
	    "" },
	{ &item_hashed_clone, I, 0, "+ new              5 B  h                      xxh64:00ff\n",
	    "" },
	{ &item_hashed_clone, X, 0,
	    "h                   5 B  cloned  FICLONE (hash xxh64 of the clone)\n", "" },
	{ &item_hashed_empty, X, 0, "h                   0 B  made    file (hash xxh64)\n", "" },
	{ &item_passed, X, 0, "h                   5 B  copied  command\n", "" },
	{ &stage_failed, I, 1,
	    "! error                 x                      stage 'a' exited with status 3\n",
	    "decant: cannot copy 's/x': stage 'a' exited with status 3\n" },
	{ &item_dir, X, 0, "d                        made    directory\n", "" },
	{ &item_unchanged, X, 0, "u                   5 B  kept    file\n", "" },
	{ &item_attributes, I, 0,
	    ". attributes            bin/run.sh             mode 0644 -> 0755\n", "" },
	{ &item_linked, I, 0, "> hard link             data/b.bin             -> data/a.bin\n",
	    "" },
	{ &item_deleted, I, 0, "- delete       1.1 KiB  old\n", "" },
	{ &item_deleted, V, 0, "removed 'd/old'\n", "" },
	{ &item_unchanged, V | I, 0, "", "" },
	{ &item_unchanged, I | VV, 0, "= unchanged        5 B  u\n", "" },
	{ &item_evil, V, 0, "'s/'$'\\033\\377' -> 'd/'$'\\033\\377'\n", "" },
	{ &item_evil, I, 0, "+ new              1 B  ''$'\\033\\377'\n", "" },
	{ &item_evil, I | ZERO, 0, "+ new              1 B  \033\377", "" },
	{ &item_new, DONE0, 0, "s/a", "" },
	{ &item_new, DONE0 | DRY, 0, "", "" },
	{ &item_unchanged, DONE0, 0, "", "" },
	{ &item_unchanged, SKIP0, 0, "s/u", "" },
	{ &denied, FAIL0, 1, "s/k", "decant: cannot read 's/k': Permission denied\n" },
	{ &denied, Q, 1, "", "decant: cannot read 's/k': Permission denied\n" },
	{ &denied, I, 1,
	    "! error                 k                      cannot read: Permission denied\n",
	    "decant: cannot read 's/k': Permission denied\n" },
	{ &denied_dst, 0, 1, "", "decant: cannot create 'd/k': Permission denied (by?rule)\n" },
	{ &unquiet, 0, 4, "", "decant: changed while it was read: 's/log' (tried twice)\n" },
	{ &refused, 0, 1, "", "decant: refusing to copy 's/x': it's a directory\n" },
	{ &full, 0, 3, "", FATAL "dst is full (needs 1.0 GiB more)\n" },
	{ &full_said, 0, 3, "", FATAL "dst is full (needs 4.2 GiB more, 1.1 GiB free)\n" },
	{ &broken, 0, 3, "", FATAL "error writing 'd/x': Input/output error\n" },
	{ &no_memory, 0, 3, "", FATAL "memory: Cannot allocate memory\n" },
	{ &vanished, 0, 0, "", "" },
	{ &vanished, V, 0, "", "decant: 's/v' vanished before it was read\n" },
	{ &vanished, STRICT, 4, "", "decant: 's/v' vanished before it was read\n" },
	{ &lost, 0, 0, "", "decant: cannot keep the owner of 'd/o': Operation not permitted\n" },
	{ &lost, Q, 0, "", "" },
	{ &note, 0, 0, "", "decant: 100% of ? remarks\n" },
	{ &note, Q, 0, "", "" },
};

#define SUMMARY_TAIL                                                                              \
	"\"items\":{\"new\":0,\"changed\":0,\"attributes\":0,\"linked\":0,\"unchanged\":0,"       \
	"\"deleted\":0,\"missing\":0,\"extra\":0,\"failed\":0},\"bytes\":{\"logical\":0,"         \
	"\"written\":0,\"cloned\":0,"                                                             \
	"\"holes\":0},\"how\":{\"reflink\":0,\"copy_file_range\":0,\"sendfile\":0,\"buffer\":0}," \
	"\"errors\":{},\"vanished\":0,\"changed\":0,\"lost\":0,\"verified\":0,\"seconds\":0."     \
	"000000,"                                                                                 \
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
	{ &item_hashed, "{\"type\":\"item\",\"action\":\"new\",\"kind\":\"file\",\"path\":\"h\","
			"\"bytes\":5,\"reasons\":[\"overwritten\"],\"how\":\"buffer\","
			"\"fallback\":\"reflink: EXDEV\",\"hash\":\"xxh64:00ff,md5:abcd\"}\n" },
	{ &stage_failed,
	    "{\"type\":\"error\",\"class\":\"command\",\"op\":\"stage\",\"errno\":\"ECHILD\","
	    "\"path\":\"x\",\"side\":\"src\",\"fatal\":false,\"result\":\"exit\",\"code\":3,"
	    "\"message\":\"cannot copy 'x': stage 'a' exited with status 3\"}\n" },
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

/* Color stands around the mark and the first word of an error, each on its own stream only. */
static void
color_is_where_it_was_asked_for(void **state)
{
	static const struct {
		const struct event *ev;
		int opts;
		bool out, err;
		const char *stdout_text, *stderr_text;
	} all[] = {
		{ &item_new, I, true, true, "\033[32m+\033[0m new          4.0 KiB  a\n", "" },
		{ &item_new, I, false, true, "+ new          4.0 KiB  a\n", "" },
		{ &item_new, I | ZERO, true, true, "+ new          4.0 KiB  a", "" },
		{ &item_new, V, true, true, "'s/a' -> 'd/a'\n", "" },
		{ &denied, 0, true, false, "", "decant: cannot read 's/k': Permission denied\n" },
		{ &denied, I, true, true,
		    "\033[1;31m!\033[0m error                 k                      cannot read: "
		    "Permission denied\n",
		    "decant: \033[1;31mcannot\033[0m read 's/k': Permission denied\n" },
		{ &denied, FAIL0, true, true, "s/k",
		    "decant: \033[1;31mcannot\033[0m read 's/k': Permission denied\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct report_opts opts = options(all[i].opts);
		struct live live = { 0 };
		struct str s = STR_INIT;

		opts.io.stdout_colored = all[i].out;
		opts.io.stderr_colored = all[i].err;
		text_event(&s, &opts, all[i].ev, &live);
		str_addc(&s, '\0');
		assert_string_equal(s.buf, all[i].stderr_text);
		str_clear(&s);
		if (opts.print0 != PRINT0_NONE)
			text_print0(&s, &opts, all[i].ev);
		else
			text_item(&s, &opts, all[i].ev);
		str_addc(&s, '\0');
		assert_string_equal(s.buf, all[i].stdout_text);
		str_release(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(color_is_where_it_was_asked_for),
		cmocka_unit_test_setup_teardown(an_event_is_one_line, clear, clear),
		cmocka_unit_test_setup_teardown(an_event_is_one_object, clear, clear),
		cmocka_unit_test_setup_teardown(json_starts_and_ends, clear, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
