/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain headers of tar: what is in them, field by field, and which members take a writer. */
#include "run/tarhead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arc_name
name_of(const char *text)
{
	return (struct arc_name){ .bytes = text, .len = strlen(text) };
}

/* A file that a plain header can hold. */
static struct arc_member
plain_member(const char *name)
{
	return (struct arc_member){
		.name = name_of(name),
		.uname = name_of("someone"),
		.gname = name_of("somebody"),
		.type = ARC_FILE,
		.mode = 04751,
		.has_owner = true,
		.uid = 1234,
		.gid = 5678,
		.size = 4321,
		.has_times = 1U << ARC_MTIME,
		.times = { [ARC_MTIME] = { .tv_sec = 1700000000 } },
		.data_at = -1,
	};
}

/* Check the fields that every header has; its block. */
static void
check_block(const char *block, char type, unsigned long size)
{
	unsigned long sum = 0;

	for (int i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	assert_int_equal(strtoul(block + 148, NULL, 8), sum);
	assert_memory_equal(block + 257, "ustar\00000", 8);
	assert_int_equal(block[TAR_TYPE_AT], type);
	assert_int_equal(strtoul(block + TAR_SIZE_AT, NULL, 8), size);
}

static void
a_file_has_one_block(void **state)
{
	struct arc_member m = plain_member("dir/file");
	char head[TAR_HEAD_MOST];

	(void)state;
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_BLOCK);
	check_block(head, '0', 4321);
	assert_string_equal(head, "dir/file");
	assert_string_equal(head + 100, "0004751");
	assert_string_equal(head + 108, "0002322");
	assert_string_equal(head + 116, "0013056");
	assert_string_equal(head + 136, "14524770400");
	assert_string_equal(head + 265, "someone");
	assert_string_equal(head + 297, "somebody");
	assert_string_equal(head + 345, "");
}

static void
finer_times_have_a_record(void **state)
{
	struct arc_member m = plain_member("some/where/file");
	char head[TAR_HEAD_MOST];

	(void)state;
	m.times[ARC_MTIME].tv_nsec = 12345678;
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_HEAD_MOST);
	check_block(head, 'x', 30);
	assert_string_equal(head, "PaxHeader/file");
	assert_string_equal(head + 345, "some/where");
	assert_string_equal(head + TAR_BLOCK, "30 mtime=1700000000.012345678\n");
	check_block(head + 2 * TAR_BLOCK, '0', 4321);
	/* a record tells its own length, at either end of the times that fit */
	m.times[ARC_MTIME].tv_sec = 0;
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_HEAD_MOST);
	check_block(head, 'x', 21);
	assert_string_equal(head + TAR_BLOCK, "21 mtime=0.012345678\n");
	assert_int_equal(tar_head_put(&m, ARC_USTAR, head), TAR_BLOCK);
	check_block(head, '0', 4321);
}

static void
directories_end_in_a_slash_and_links_have_targets(void **state)
{
	struct arc_member m = plain_member("dir");
	char head[TAR_HEAD_MOST];

	(void)state;
	m.type = ARC_DIR;
	m.size = 0;
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_BLOCK);
	check_block(head, '5', 0);
	assert_string_equal(head, "dir/");
	m.type = ARC_SYMLINK;
	m.link = name_of("../target");
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_BLOCK);
	check_block(head, '2', 0);
	assert_string_equal(head, "dir");
	assert_string_equal(head + 157, "../target");
}

static void
long_names_are_cut_at_a_slash(void **state)
{
	char name[300];
	char head[TAR_HEAD_MOST];
	struct arc_member m;

	(void)state;
	for (int len = 90; len < 290; len++) {
		memset(name, 'n', sizeof name);
		name[len] = '\0';
		for (int at = 49; at < len - 1; at += 50)
			name[at] = '/';
		m = plain_member(name);
		if (tar_head_put(&m, ARC_PAX, head) == 0) {
			assert_in_range(len, 251, 290);
			continue;
		}
		char whole[TAR_BLOCK];
		(void)snprintf(whole, sizeof whole, "%.155s%s%.100s", head + 345,
		    head[345] != '\0' ? "/" : "", head);
		assert_string_equal(whole, name);
	}
	/* the slash that a directory gets may be one byte too many, and is never all that is left */
	memset(name, 'd', 100);
	name[100] = '\0';
	m = plain_member(name);
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), TAR_BLOCK);
	m.type = ARC_DIR;
	assert_int_equal(tar_head_put(&m, ARC_PAX, head), 0);
}

/* Each line changes a plain member to one that takes a writer. */
static void
what_does_not_fit_takes_a_writer(void **state)
{
	static const struct arc_xattr xattr = { .name = "user.x", .value = "y", .len = 1 };
	char head[TAR_HEAD_MOST];

	(void)state;
#define TAKES_A_WRITER(change)                                          \
	do {                                                            \
		struct arc_member m = plain_member("name");             \
		assert_int_equal(tar_head_put(&m, ARC_PAX, head), 512); \
		change;                                                 \
		assert_int_equal(tar_head_put(&m, ARC_PAX, head), 0);   \
	} while (0)
	TAKES_A_WRITER(m.name = name_of("n\303\244me"));
	TAKES_A_WRITER(m.uname = name_of("s\303\266meone"));
	TAKES_A_WRITER(m.gname = name_of("a-group-whose-name-has-32-letters"));
	TAKES_A_WRITER((m.type = ARC_SYMLINK, m.link = name_of("t\303\244rget")));
	TAKES_A_WRITER(m.type = ARC_HARD_LINK);
	TAKES_A_WRITER(m.type = ARC_FIFO);
	TAKES_A_WRITER((m.xattrs = &xattr, m.n_xattrs = 1));
	TAKES_A_WRITER(m.sparse = true);
	TAKES_A_WRITER(m.uid = 010000000);
	TAKES_A_WRITER(m.gid = 010000000);
	TAKES_A_WRITER(m.size = 0100000000000);
	TAKES_A_WRITER(m.times[ARC_MTIME].tv_sec = -1);
	TAKES_A_WRITER(m.times[ARC_MTIME].tv_sec = 0100000000000);
	TAKES_A_WRITER(m.has_times |= 1U << ARC_ATIME);
#undef TAKES_A_WRITER
	struct arc_member m = plain_member("name");
	assert_int_equal(tar_head_put(&m, ARC_GNUTAR, head), 0);
	assert_int_equal(tar_head_put(&m, ARC_ZIP, head), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_one_block),
		cmocka_unit_test(finer_times_have_a_record),
		cmocka_unit_test(directories_end_in_a_slash_and_links_have_targets),
		cmocka_unit_test(long_names_are_cut_at_a_slash),
		cmocka_unit_test(what_does_not_fit_takes_a_writer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
