/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/compare: what attributes tell, and what is done about it. */
#include "tree/compare.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

enum { LONG_AGO = 1000000000 /* a time far from every ctime here */ };

static struct stat
file_of(mode_t mode, int64_t size, int64_t s, long ns)
{
	return (struct stat){
		.st_mode = mode,
		.st_size = size,
		.st_mtim = { s, ns },
		.st_ctim = { 1700000000, 123456789 },
		.st_nlink = 1,
	};
}

static const struct compare_opts all = {
	.window_ns = -1, .mode = true, .owner = true, .times = true
};

static void
attributes_tell_what_differs(void **state)
{
	struct stat a = file_of(S_IFREG | 0644, 10, LONG_AGO, 5);
	struct stat b = a;
	struct str words = STR_INIT;

	(void)state;
	assert_int_equal(compare_stats(&all, &a, &b), 0);
	assert_int_equal(compare_verdict(&all, &a, &b, 0), COMPARED_EQUAL);
	b.st_size = 11;
	assert_int_equal(compare_stats(&all, &a, &b), DIFFERS_SIZE);
	assert_int_equal(compare_verdict(&all, &a, &b, DIFFERS_SIZE), COMPARED_CONTENT);
	b = a;
	b.st_mode = S_IFREG | 0600;
	b.st_uid = 7;
	unsigned differs = compare_stats(&all, &a, &b);
	assert_int_equal(differs, DIFFERS_MODE | DIFFERS_OWNER);
	assert_int_equal(compare_verdict(&all, &a, &b, differs), COMPARED_ATTRIBUTES);
	assert_int_equal(compare_verdict(&all, &a, &b, differs | DIFFERS_NAMES), COMPARED_CONTENT);
	compare_add_words(&words, differs, &a, &b);
	assert_string_equal(words.buf, "mode 0600 -> 0644, owner 7 -> 0");
	str_release(&words);
	b = a;
	b.st_mtim.tv_nsec++;
	assert_int_equal(compare_stats(&all, &a, &b), DIFFERS_MTIME);
	assert_int_equal(compare_verdict(&all, &a, &b, DIFFERS_MTIME), COMPARED_CONTENT);
	/* so far apart that the distance is no number */
	a.st_mtim.tv_sec = INT64_MIN;
	assert_int_equal(compare_stats(&all, &a, &b), DIFFERS_MTIME);
}

static void
types_decide_what_makes_way(void **state)
{
	struct stat file = file_of(S_IFREG | 0644, 10, LONG_AGO, 0);
	struct stat dir = file_of(S_IFDIR | 0755, 0, LONG_AGO, 0);
	struct stat link = file_of(S_IFLNK | 0777, 3, LONG_AGO, 0);

	(void)state;
	assert_int_equal(compare_stats(&all, &file, &dir), DIFFERS_TYPE);
	assert_int_equal(compare_verdict(&all, &file, &dir, DIFFERS_TYPE), COMPARED_DIR_AWAY);
	assert_int_equal(compare_verdict(&all, &dir, &file, DIFFERS_TYPE), COMPARED_FILE_AWAY);
	assert_int_equal(compare_verdict(&all, &file, &link, DIFFERS_TYPE), COMPARED_TYPE);
	assert_int_equal(compare_verdict(&all, &file, NULL, 0), COMPARED_ABSENT);
}

static void
options_change_what_counts(void **state)
{
	struct stat a = file_of(S_IFREG | 0644, 10, LONG_AGO, 0);
	struct stat b = file_of(S_IFREG | 0644, 10, LONG_AGO + 2, 0);
	struct compare_opts opts = all;

	(void)state;
	opts.by = BY_SIZE;
	assert_int_equal(
	    compare_verdict(&opts, &a, &b, compare_stats(&opts, &a, &b)), COMPARED_ATTRIBUTES);
	opts.times = false;
	assert_int_equal(compare_stats(&opts, &a, &b), 0);
	opts = all;
	opts.by = BY_CONTENT;
	assert_int_equal(compare_stats(&opts, &a, &b), UNSURE_CONTENT | DIFFERS_MTIME);
	assert_int_equal(compare_verdict(&opts, &a, &b, UNSURE_CONTENT), COMPARED_READ);
	assert_int_equal(compare_verdict(&opts, &a, &b, DIFFERS_MTIME), COMPARED_ATTRIBUTES);
	opts = all;
	opts.by = BY_NOTHING;
	assert_int_equal(compare_stats(&opts, &a, &a), DIFFERS_CONTENT);
	opts = all;
	opts.window_ns = 2000000000;
	assert_int_equal(compare_stats(&opts, &a, &b), 0);
	opts.window_ns = 1999999999;
	assert_int_equal(compare_stats(&opts, &a, &b), DIFFERS_MTIME);
	opts = all;
	opts.update = true;
	assert_int_equal(compare_verdict(&opts, &a, &b, DIFFERS_MTIME), COMPARED_SKIP);
	assert_string_equal(compare_skip_words(&opts, &b), "destination is newer");
	assert_int_equal(compare_verdict(&opts, &b, &a, DIFFERS_MTIME), COMPARED_CONTENT);
	opts = all;
	opts.existing = true;
	assert_int_equal(compare_verdict(&opts, &a, NULL, 0), COMPARED_SKIP);
	opts = all;
	opts.ignore_existing = true;
	assert_int_equal(compare_verdict(&opts, &a, &b, DIFFERS_SIZE), COMPARED_SKIP);
}

/* Times as a source has them and as a file system that rounds like CTIME_NS stored them. */
static const struct {
	int64_t src_s;
	long src_ns;
	int64_t dst_s;
	long dst_ns;
	long ctime_ns;
	bool equal;
} times[] = {
	{ LONG_AGO, 123456789, LONG_AGO, 0, 0, true },  /* whole seconds */
	{ LONG_AGO, 123456789, LONG_AGO, 0, 5, false }, /* nanoseconds: a true difference */
	{ LONG_AGO, 123456789, LONG_AGO, 123456700, 100, true }, /* ntfs */
	{ LONG_AGO, 123456789, LONG_AGO, 123456700, 101, false },
	{ LONG_AGO + 1, 5, LONG_AGO, 0, 0, true }, /* vfat: two seconds */
	{ LONG_AGO + 3, 0, LONG_AGO, 0, 0, false },
	{ LONG_AGO, 0, LONG_AGO, 5, 0, false },
	{ 20512224000, 123456789, 15032385535, 0, 5, true }, /* ext4's last second */
	{ 20512224000, 123456789, 15032385534, 0, 5, false },
	{ 20512224000, 0, 16299260424, 0, 5, true }, /* xfs's */
	{ -5000000000, 0, INT32_MIN, 0, 5, true },
	{ LONG_AGO, 0, INT32_MAX, 0, 5, false },
};

static void
times_are_equal_as_the_destination_stores_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct stat a = file_of(S_IFREG | 0644, 10, times[i].src_s, times[i].src_ns);
		struct stat b = file_of(S_IFREG | 0644, 10, times[i].dst_s, times[i].dst_ns);
		b.st_ctim.tv_nsec = times[i].ctime_ns;
		assert_int_equal(compare_stats(&all, &a, &b) == 0, times[i].equal);
	}
}

static void
a_change_in_the_tick_of_the_copy_is_not_trusted(void **state)
{
	struct stat a = file_of(S_IFREG | 0644, 10, 1700000000, 123000000);
	struct stat b = a;

	(void)state;
	assert_int_equal(compare_stats(&all, &a, &b), UNSURE_CONTENT);
	a.st_size = b.st_size = 0;
	assert_int_equal(compare_stats(&all, &a, &b), 0);
	/* where times are coarse, the tick is as long */
	a = b = file_of(S_IFREG | 0644, 10, 1699999999, 0);
	assert_int_equal(compare_stats(&all, &a, &b), 0);
	b.st_ctim.tv_nsec = 0;
	assert_int_equal(compare_stats(&all, &a, &b), UNSURE_CONTENT);
	b.st_ctim.tv_sec++;
	assert_int_equal(compare_stats(&all, &a, &b), 0);
	b = a;
	a.st_ctim.tv_nsec = 0;
	b.st_ctim.tv_sec--;
	assert_int_equal(compare_stats(&all, &a, &b), UNSURE_CONTENT);
}

static void
what_a_run_without_an_end_has_written_is_not_trusted(void **state)
{
	struct compare_opts opts = all;
	struct stat a = file_of(S_IFREG | 0644, 10, LONG_AGO, 5);
	struct stat b = a;

	(void)state;
	opts.suspect_s = 1700000001;
	assert_int_equal(compare_stats(&opts, &a, &b), 0);
	opts.suspect_s = 1700000000;
	assert_int_equal(compare_stats(&opts, &a, &b), UNSURE_CONTENT);
	opts.by = BY_SIZE;
	assert_int_equal(compare_stats(&opts, &a, &b), UNSURE_CONTENT);
	opts.suspect_s = 0;
	assert_int_equal(compare_stats(&opts, &a, &b), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_tell_what_differs),
		cmocka_unit_test(types_decide_what_makes_way),
		cmocka_unit_test(options_change_what_counts),
		cmocka_unit_test(times_are_equal_as_the_destination_stores_them),
		cmocka_unit_test(a_change_in_the_tick_of_the_copy_is_not_trusted),
		cmocka_unit_test(what_a_run_without_an_end_has_written_is_not_trusted),
	};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
