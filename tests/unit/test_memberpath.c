/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of members: what they become, and which are refused. */
#include "tree/memberpath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
names_are_split(void **state)
{
	static const struct {
		const char *name;
		unsigned strip;
		enum memberpath is;
		const char *path;
	} rows[] = {
		{ "a", 0, MEMBER_FINE, "a" },
		{ "./a//b/./c/", 0, MEMBER_FINE, "a/b/c" },
		{ "a/b/c", 2, MEMBER_FINE, "c" },
		{ "./a/b", 1, MEMBER_FINE, "b" },
		{ "...", 0, MEMBER_FINE, "..." },
		{ "a/..b", 0, MEMBER_FINE, "a/..b" },
		{ ".", 0, MEMBER_TOP, "" },
		{ "././/", 0, MEMBER_TOP, "" },
		{ "a", 1, MEMBER_STRIPPED, "" },
		{ "./", 1, MEMBER_STRIPPED, "" },
		{ "/a", 0, MEMBER_ABSOLUTE, "" },
		{ "//", 0, MEMBER_ABSOLUTE, "" },
		{ "..", 0, MEMBER_DOTDOT, "" },
		{ "a/../b", 0, MEMBER_DOTDOT, "" },
		{ "../a", 1, MEMBER_DOTDOT, "" },
		{ "a/b/..", 0, MEMBER_DOTDOT, "" },
		{ "", 0, MEMBER_EMPTY, "" },
	};
	struct str path = STR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum memberpath is =
		    memberpath_make(rows[i].name, strlen(rows[i].name), rows[i].strip, &path);
		assert_int_equal(is, rows[i].is);
		assert_string_equal(path.buf, rows[i].path);
		assert_int_equal(memberpath_refusal(is) != NULL, is >= MEMBER_ABSOLUTE);
	}
	str_release(&path);
}

static void
components_have_a_longest(void **state)
{
	char name[300] = "a/";
	struct str path = STR_INIT;

	(void)state;
	memset(name + 2, 'x', 255);
	assert_int_equal(memberpath_make(name, 257, 0, &path), MEMBER_FINE);
	assert_int_equal(path.len, 257);
	memset(name + 2, 'x', 256);
	assert_int_equal(memberpath_make(name, 258, 0, &path), MEMBER_LONG);
	assert_int_equal(path.len, 0);
	str_release(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_split),
		cmocka_unit_test(components_have_a_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
