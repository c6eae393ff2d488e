/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/filter: the pattern language row by row, as `git check-ignore` 2.39 answers, and its cost. */
#include "tables/filter.h"
#include "tree/filter.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

/* clang-format on */

/* Ask as a walk does: from the top, not entering what is excluded. */
static bool
walk_excludes(const struct filter *f, const char *path)
{
	char copy[256];

	for (size_t start = 0, end; path[start] != '\0'; start = end + (path[end] == '/')) {
		end = start + strcspn(path + start, "/");
		memcpy(copy, path, end);
		copy[end] = '\0';
		bool is_dir = path[end] == '/';
		if (filter_excludes(f, path, end, copy + start, is_dir))
			return true;
	}
	return false;
}

static struct filter *
filter_of(const char *rules)
{
	struct filter *f = filter_new();

	assert_non_null(f);
	assert_false(err_failed(filter_add_file(f, rules, strlen(rules))));
	return f;
}

static void
add(struct filter *f, const char *pattern, bool include)
{
	assert_false(err_failed(filter_add(f, pattern, strlen(pattern), include)));
}

static void
each_row_is_answered_as_git_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *f = filter_of(rows[i].rules);
		if (walk_excludes(f, rows[i].path) != rows[i].excluded)
			fail_msg("row %zu: '%s' and '%s'", i, rows[i].rules, rows[i].path);
		filter_free(f);
	}
}

static void
no_rules_exclude_nothing(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	assert_non_null(f);
	assert_false(filter_needs_path(f));
	assert_false(filter_excludes(f, NULL, 0, "foo", false));
	filter_free(f);
	filter_free(NULL);
}

static void
options_are_rules_in_order(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	assert_non_null(f);
	add(f, "*.c", false);
	add(f, "keep.c", true);
	assert_false(filter_excludes(f, NULL, 0, "keep.c", false));
	assert_true(filter_excludes(f, NULL, 0, "drop.c", false));
	add(f, "keep*", false);
	assert_true(filter_excludes(f, NULL, 0, "keep.c", false));
	filter_free(f);
}

static void
options_have_no_comments_or_negation(void **state)
{
	struct filter *f = filter_new();

	(void)state;
	assert_non_null(f);
	add(f, "!a", false);
	add(f, "#b", false);
	add(f, "c ", false);
	add(f, "", false);
	assert_true(filter_excludes(f, NULL, 0, "!a", false));
	assert_true(filter_excludes(f, NULL, 0, "#b", false));
	assert_true(filter_excludes(f, NULL, 0, "c ", false));
	assert_false(filter_excludes(f, NULL, 0, "c", false));
	assert_false(filter_excludes(f, NULL, 0, "a", false));
	filter_free(f);
}

static void
only_a_slash_within_needs_the_path(void **state)
{
	struct filter *f = filter_of("*.o\nbuild/\n[a-z]?\n");

	(void)state;
	assert_false(filter_needs_path(f));
	assert_true(filter_excludes(f, NULL, 0, "build", true));
	add(f, "/top", false);
	assert_true(filter_needs_path(f));
	filter_free(f);
}

static void
the_path_need_not_be_terminated(void **state)
{
	struct filter *f = filter_of("a/b\n");

	(void)state;
	assert_true(filter_excludes(f, "a/bcd", 3, "b", false));
	assert_false(filter_excludes(f, "a/bcd", 4, "bc", false));
	filter_free(f);
}

static void
many_rules_are_kept(void **state)
{
	struct filter *f = filter_new();
	char name[2] = "A";

	(void)state;
	assert_non_null(f);
	for (name[0] = 'A'; name[0] <= 'Z'; name[0]++)
		add(f, name, false);
	for (name[0] = 'A'; name[0] <= 'Z'; name[0]++)
		assert_true(filter_excludes(f, NULL, 0, name, false));
	assert_false(filter_excludes(f, NULL, 0, "a", false));
	filter_free(f);
}

/* CPU time of 100 failing matches of PATTERN against TEXT, in seconds. */
static double
cost(const char *pattern, const char *text)
{
	struct filter *f = filter_new();
	clock_t start;

	assert_non_null(f);
	add(f, pattern, false);
	start = clock();
	for (int i = 0; i < 100; i++)
		assert_false(filter_excludes(f, text, strlen(text), text, false));
	start = clock() - start;
	filter_free(f);
	return (double)start / CLOCKS_PER_SEC;
}

/* Exponential backtracking would take ages here; a second allows for slow machines and sanitizers. */
static void
no_pattern_takes_exponential_time(void **state)
{
	enum { SIZE = 4096 };

	static char as[SIZE + 1], dirs[SIZE + 1];

	(void)state;
	memset(as, 'a', SIZE);
	for (size_t i = 0; i < SIZE; i++)
		dirs[i] = "a/"[i % 2];
	dirs[SIZE - 1] = 'a';
	assert_true(cost("*a*a*a*a*b", as) < 1);
	assert_true(cost("*a*a*a*a*b*", as) < 1);
	assert_true(cost("*a*a*a*a*a*a*a*a*a*a*a*a*[!a]", as) < 1);
	assert_true(cost("/*a*a*a*a*b?", as) < 1);
	assert_true(cost("/**/a/**/a/**/a/**/a/**/b*", dirs) < 1);
	assert_true(cost("/**/*a*/**/*a*/**/*a*/**/*a*/*b*", dirs) < 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_answered_as_git_does),
		cmocka_unit_test(no_rules_exclude_nothing),
		cmocka_unit_test(options_are_rules_in_order),
		cmocka_unit_test(options_have_no_comments_or_negation),
		cmocka_unit_test(only_a_slash_within_needs_the_path),
		cmocka_unit_test(the_path_need_not_be_terminated),
		cmocka_unit_test(many_rules_are_kept),
		cmocka_unit_test(no_pattern_takes_exponential_time),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
