/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/tapkinds: what each tap lets pass, tells, and ends with. */
#include "pipe/tapkinds.h"
#include "sys/proc.h"
#include "thread/bufs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* What a rig's taps work with. */
static struct cancel cancel;
static struct bufs *bufs;
static struct stage_run run;

static int
set_up(void **state)
{
	(void)state;
	assert_false(err_failed(cancel_init(&cancel)));
	bufs = bufs_new(4, STREAM_BLOCK);
	assert_non_null(bufs);
	run = (struct stage_run){ .cancel = &cancel, .bufs = bufs };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	bufs_free(bufs);
	cancel_release(&cancel);
	return 0;
}

static struct stage *
started(struct stage *s)
{
	assert_non_null(s);
	assert_int_equal(s->kind, STAGE_TAP);
	assert_false(s->identity);
	assert_false(err_failed(s->ops->start(s, &run, NULL, NULL)));
	assert_true(s->ended);
	return s;
}

/* Show TEXT to S; what passes must be PASSED, and be a part of TEXT.  True when S had enough. */
static bool
passes(struct stage *s, const char *text, const char *passed)
{
	struct span span = { .bytes = text, .len = strlen(text) };

	assert_false(err_failed(s->ops->feed(s, &span)));
	assert_int_equal(span.len, strlen(passed));
	assert_memory_equal(span.bytes, passed, span.len);
	assert_true(span.bytes >= text && span.bytes + span.len <= text + strlen(text));
	return span.enough;
}

/* End S and free it; returns what it ended with. */
static enum verdict_kind
ended(struct stage *s, bool whole)
{
	struct verdict v = { .kind = VERDICT_N };

	(void)s->ops->end(s, whole).code;
	s->ops->verdict(s, &v);
	assert_ptr_equal(v.stage, s->name);
	assert_int_equal(s->ops->leader(s), 0);
	s->ops->stop(s, STOP_CANCELED);
	stage_free(s);
	return v.kind;
}

/* A nameless file of TEXT, to be read from its start. */
static int
file_of(const char *text)
{
	int fd = memfd_create("tap", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* What a hash has told. */
struct told {
	char text[DIGEST_TEXT + 64];
	int times;
};

static void
note_told(void *arg, const char *algo, const char *hex, int64_t bytes)
{
	struct told *t = arg;
	(void)snprintf(t->text, sizeof(t->text), "%s %s %d", algo, hex, (int)bytes);
	t->times++;
}

static struct stage *
hash_of(const char *name, struct told *t)
{
	const struct digest_algo *algo;
	const char *why;

	assert_false(err_failed(digest_find(name, &algo, &why)));
	return started(tap_hash_new(algo, note_told, t));
}

static void
a_hash_tells_the_digest_of_a_whole_stream(void **state)
{
	struct told told = { 0 };
	struct stage *s = hash_of("xxh128", &told);
	struct port in, out;
	(void)state;

	assert_string_equal(s->name, "hash xxh128");
	s->ops->ports(s, &in, &out);
	assert_true(in.stable && out.stable);
	assert_false(passes(s, "he", "he"));
	assert_false(passes(s, "", ""));
	assert_false(passes(s, "llo\n", "llo\n"));
	assert_int_equal(ended(s, true), VERDICT_OK);
	assert_int_equal(told.times, 1);
	/* echo hello | xxhsum -H2 */
	assert_string_equal(told.text, "xxh128 6bba86c7e069f56d5a10b435f1c8e49c 6");
}

static void
a_hash_says_nothing_of_a_broken_stream(void **state)
{
	struct told told = { 0 };
	struct stage *s = hash_of("xxh64", &told);
	(void)state;

	assert_false(passes(s, "hello", "hello"));
	assert_int_equal(ended(s, false), VERDICT_OK);
	assert_int_equal(told.times, 0);
}

static void
a_count_counts_bytes_and_lines(void **state)
{
	static const char *const texts[] = { "", "\n", "a", "a\n", "\n\n\n\n\n\n\n\n\n\n\n",
		"1234567\n1234567\n", "one\ntwo\nthree\nfour and no end",
		"\x0b\x09\x8a\xf5\n\x0b\x0a\x0a\x0a\xff\x0a\x00 the rest" };
	struct tap_counts counts = { 7, 7 };
	struct tap_counts expected = { 0 };
	struct stage *s = started(tap_count_new(&counts));
	(void)state;

	assert_int_equal(counts.bytes, 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (const char *at = texts[i]; *at != '\0'; at++)
			expected.lines += *at == '\n';
		expected.bytes += (int64_t)strlen(texts[i]);
		assert_false(passes(s, texts[i], texts[i]));
		assert_int_equal(counts.bytes, expected.bytes);
		assert_int_equal(counts.lines, expected.lines);
	}
	assert_int_equal(ended(s, true), VERDICT_OK);
}

static void
every_byte_is_told_from_a_newline(void **state)
{
	struct tap_counts counts;
	struct stage *s = started(tap_count_new(&counts));
	char all[4 * 256];
	struct span span = { .bytes = all, .len = sizeof(all) };
	(void)state;

	/* Each byte value at each place in a word, with a newline beside it. */
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i % 2 == 0 ? i / 2 : '\n');
	assert_false(err_failed(s->ops->feed(s, &span)));
	assert_int_equal(counts.lines, sizeof(all) / 2 + sizeof(all) / 512);
	assert_int_equal(ended(s, true), VERDICT_OK);
}

static void
a_limit_ends_early_with_its_last_byte(void **state)
{
	struct stage *s = started(tap_limit_new(5));
	(void)state;

	assert_string_equal(s->name, "limit 5");
	assert_false(passes(s, "abc", "abc"));
	assert_true(passes(s, "defg", "de"));
	assert_true(passes(s, "more", ""));
	assert_int_equal(ended(s, true), VERDICT_EARLY);

	s = started(tap_limit_new(5));
	assert_true(passes(s, "exact", "exact"));
	assert_int_equal(ended(s, true), VERDICT_EARLY);

	s = started(tap_limit_new(5));
	assert_false(passes(s, "four", "four"));
	assert_int_equal(ended(s, true), VERDICT_OK);

	s = started(tap_limit_new(0));
	assert_true(passes(s, "x", ""));
	assert_int_equal(ended(s, true), VERDICT_EARLY);
}

/* Row 22 of tests/STAGES.md. */
static void
a_range_lets_its_part_pass(void **state)
{
	struct stage *s = started(tap_range_new(4, 3));
	(void)state;

	assert_string_equal(s->name, "range 4 3");
	assert_false(passes(s, "012", ""));
	assert_false(passes(s, "345", "45"));
	assert_true(passes(s, "678", "6"));
	assert_int_equal(ended(s, true), VERDICT_EARLY);

	s = started(tap_range_new(2, 3));
	assert_true(passes(s, "0123456789", "234"));
	assert_int_equal(ended(s, true), VERDICT_EARLY);

	s = started(tap_range_new(3, INT64_MAX));
	assert_false(passes(s, "012345", "345"));
	assert_false(passes(s, "67", "67"));
	assert_int_equal(ended(s, true), VERDICT_OK);

	s = started(tap_range_new(100, 5));
	assert_false(passes(s, "too short", ""));
	assert_int_equal(ended(s, true), VERDICT_OK);
}

static void
a_rate_holds_bytes_back(void **state)
{
	struct stage *s = started(tap_rate_new(1000, &cancel));
	int64_t start = proc_now_ns();
	(void)state;

	for (int i = 0; i < 5; i++)
		assert_false(passes(s, "twenty-five bytes of text", "twenty-five bytes of text"));
	/* 125 bytes at 1000 a second: never faster; how much slower is the machine's business. */
	assert_true(proc_now_ns() - start >= 123 * 1000000);
	assert_int_equal(ended(s, true), VERDICT_OK);
}

static void
a_fast_rate_does_not_wait(void **state)
{
	struct stage *s = started(tap_rate_new(INT64_MAX, &cancel));
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(passes(s, "text", "text"));
	assert_int_equal(ended(s, true), VERDICT_OK);
}

static void *
request(void *arg)
{
	(void)arg;
	cancel_request(&cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	return NULL;
}

static void
a_rate_is_canceled_in_its_sleep(void **state)
{
	struct stage *s = started(tap_rate_new(1, &cancel));
	struct span span = { .bytes = "an hour", .len = 3600 };
	struct verdict v;
	pthread_t thread;
	(void)state;

	assert_int_equal(pthread_create(&thread, NULL, request, NULL), 0);
	assert_int_equal(s->ops->feed(s, &span).code, ECANCELED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	s->ops->verdict(s, &v);
	assert_int_equal(v.kind, VERDICT_CANCELED);
	stage_free(s);
}

static void
a_tee_writes_what_passes(void **state)
{
	int fd = file_of("");
	char got[32] = "";
	struct stage *s = started(tap_tee_new("log", &fd));
	(void)state;

	assert_string_equal(s->name, "tee log");
	assert_false(passes(s, "one ", "one "));
	/* At once: whoever looks there need not wait for the next block. */
	assert_int_equal(pread(fd, got, sizeof(got), 0), 4);
	assert_false(passes(s, "two", "two"));
	assert_int_equal(ended(s, true), VERDICT_OK);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 7);
	assert_string_equal(got, "one two");
	assert_int_equal(close(fd), 0);
}

static void
a_tee_that_cannot_write_says_so(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct stage *s = started(tap_tee_new("full", &fd));
	struct span span = { .bytes = "text", .len = 4 };
	struct verdict v;
	(void)state;

	assert_int_equal(s->ops->feed(s, &span).code, ENOSPC);
	(void)s->ops->end(s, false).code;
	s->ops->verdict(s, &v);
	assert_int_equal(v.kind, VERDICT_ERR);
	assert_int_equal(v.err.code, ENOSPC);
	assert_int_equal(v.err.side, SIDE_DST);
	stage_free(s);
	assert_int_equal(close(fd), 0);
}

static void
a_tee_without_a_reader_is_a_broken_pipe(void **state)
{
	int ends[2];
	struct span span = { .bytes = "text", .len = 4 };
	struct verdict v;
	(void)state;

	proc_block_signals();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(close(ends[0]), 0);
	struct stage *s = started(tap_tee_new("gone", &ends[1]));
	assert_int_equal(s->ops->feed(s, &span).code, EPIPE);
	s->ops->verdict(s, &v);
	assert_int_equal(v.kind, VERDICT_PIPE);
	stage_free(s);
	assert_int_equal(close(ends[1]), 0);
}

/* Compare the two halves of TEXT with what OTHER holds; *SAME is the result. */
static enum verdict_kind
compared(const char *first, const char *second, const char *other, bool whole, int64_t *same)
{
	int fd = file_of(other);
	struct stage *s = started(tap_compare_new("other", fd, same));
	struct span span = { .bytes = first, .len = strlen(first) };

	assert_false(err_failed(s->ops->feed(s, &span)));
	if (!span.enough) {
		assert_int_equal(span.len, strlen(first));
		span = (struct span){ .bytes = second, .len = strlen(second) };
		assert_false(err_failed(s->ops->feed(s, &span)));
	}
	assert_true(span.enough || span.len == strlen(second));
	enum verdict_kind kind = ended(s, whole);
	assert_int_equal(close(fd), 0);
	return kind;
}

static void
a_comparison_finds_the_first_difference(void **state)
{
	int64_t same;
	(void)state;

	assert_int_equal(compared("one ", "two", "one two", true, &same), VERDICT_OK);
	assert_int_equal(same, -1);
	assert_int_equal(compared("", "", "", true, &same), VERDICT_OK);
	assert_int_equal(same, -1);
	assert_int_equal(compared("one ", "two", "one tWo", true, &same), VERDICT_EARLY);
	assert_int_equal(same, 5);
	assert_int_equal(compared("one ", "two", "0ne two", true, &same), VERDICT_EARLY);
	assert_int_equal(same, 0);
	/* One of them goes on. */
	assert_int_equal(compared("one ", "two", "one tw", true, &same), VERDICT_EARLY);
	assert_int_equal(same, 6);
	assert_int_equal(compared("one ", "two", "one two!", true, &same), VERDICT_OK);
	assert_int_equal(same, 7);
	assert_int_equal(compared("a", "b", "", true, &same), VERDICT_EARLY);
	assert_int_equal(same, 0);
}

static void
a_comparison_that_broke_off_proves_nothing(void **state)
{
	int64_t same;
	(void)state;

	assert_int_equal(compared("one ", "two", "one two", false, &same), VERDICT_OK);
	assert_int_equal(same, 7);
}

static void
a_comparison_that_cannot_read_says_so(void **state)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	int64_t same;
	struct stage *s = started(tap_compare_new("/", fd, &same));
	struct span span = { .bytes = "text", .len = 4 };
	struct verdict v;
	(void)state;

	assert_int_equal(s->ops->feed(s, &span).code, EISDIR);
	s->ops->verdict(s, &v);
	assert_int_equal(v.kind, VERDICT_ERR);
	stage_free(s);
	assert_int_equal(close(fd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_hash_tells_the_digest_of_a_whole_stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_hash_says_nothing_of_a_broken_stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_count_counts_bytes_and_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    every_byte_is_told_from_a_newline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_limit_ends_early_with_its_last_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_range_lets_its_part_pass, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_rate_holds_bytes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fast_rate_does_not_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_rate_is_canceled_in_its_sleep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tee_writes_what_passes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tee_that_cannot_write_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_tee_without_a_reader_is_a_broken_pipe, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_comparison_finds_the_first_difference, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_comparison_that_broke_off_proves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_comparison_that_cannot_read_says_so, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
