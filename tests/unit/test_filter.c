/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/filter: the pattern language row by row, as `git check-ignore` 2.39 answers, and its cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tree/filter.h"

struct row {
	const char *rules; /* an --exclude-from file */
	const char *path;  /* a '/' at its end says that it is a directory */
	bool excluded;     /* the answer, a directory above being excluded included */
};

/* clang-format off */
static const struct row rows[] = {
	/* base names */
	{ "foo", "foo", true },
	{ "foo", "foo/", true },
	{ "foo", "a/b/foo", true },
	{ "foo", "foo/x", true },
	{ "foo", "foobar", false },
	{ "foo", "xfoo", false },
	{ "foo", "Foo", false },
	{ "", "foo", false },
	{ "*", "foo", true },
	{ "*", ".hidden", true },
	{ "*.o", "a.o", true },
	{ "*.o", "d/a.o", true },
	{ "*.o", ".o", true },
	{ "*.o", "a.oo", false },
	{ "a*b*c", "abc", true },
	{ "a*b*c", "axbxbxc", true },
	{ "a*b*c", "axbxcx", false },
	{ "a**b", "ab", true },
	{ "a**b", "axyb", true },
	{ "**", "x", true },
	{ "a?c", "abc", true },
	{ "a?c", "ac", false },
	{ "a?c", "a/c", false },
	{ "???", "abc", true },
	{ "???", "ab", false },
	{ "*?", "a", true },
	/* directories only */
	{ "foo/", "foo/", true },
	{ "foo/", "foo", false },
	{ "foo/", "a/foo/x", true },
	{ "a/foo/", "a/foo/", true },
	{ "a/foo/", "b/a/foo/", false },
	{ "foo//", "foo/", false },
	{ "**/", "d/", true },
	{ "**/", "f", false },
	{ "/", "d/", false },
	/* anchored */
	{ "/foo", "foo", true },
	{ "/foo", "a/foo", false },
	{ "a/foo", "a/foo", true },
	{ "a/foo", "b/a/foo", false },
	{ "/*", "x", true },
	{ "/*.c", "a.c", true },
	{ "/*.c", "d/a.c", false },
	{ "a/*", "a/b", true },
	{ "a/*/c", "a/b/c", true },
	{ "a/*/c", "a/b/x/c", false },
	{ "a/*c", "a/b/c", false },
	{ "a/b?c", "a/b/c", false },
	{ "//foo", "foo", false },
	/* any number of components */
	{ "**/foo", "foo", true },
	{ "**/foo", "a/b/foo", true },
	{ "**/foo", "a/xfoo", false },
	{ "**/a/b", "x/y/a/b", true },
	{ "**/a/b", "x/ya/b", false },
	{ "a/**", "a/b", true },
	{ "a/**", "a/b/c", true },
	{ "a/**", "a/", false },
	{ "a/**", "b/a/c", false },
	{ "a/**/b", "a/b", true },
	{ "a/**/b", "a/x/b", true },
	{ "a/**/b", "a/x/y/b", true },
	{ "a/**/b", "a/x/yb", false },
	{ "a/**/**/b", "a/b", true },
	{ "a/***/b", "a/x/y/b", true },
	{ "a/**/*.c", "a/x/y/z.c", true },
	{ "a/**/m*/*z", "a/q/mm/xy/m1/xyz", true },
	{ "a/**/m*/*z", "a/q/mm/xy/m1/xyy", false },
	{ "a/x**", "a/xyz", true },
	{ "a/x**y", "a/x/y", false },
	{ "a/**b", "a/x/b", false },
	{ "a/**b", "a/xb", true },
	{ "/**", "x/", true },
	{ "/**/b", "b", true },
	{ "a/**/", "a/d/", true },
	{ "a/**/", "a/f", false },
	/* brackets */
	{ "[abc]", "b", true },
	{ "[abc]", "d", false },
	{ "x[a-c]", "xb", true },
	{ "x[a-c]", "xd", false },
	{ "x[!a-c]", "xd", true },
	{ "x[!a-c]", "xa", false },
	{ "x[^a-c]", "xd", true },
	{ "x[]]", "x]", true },
	{ "x[]-]", "x-", true },
	{ "x[!]a]", "x]", false },
	{ "x[a-]", "x-", true },
	{ "x[-a]", "x-", true },
	{ "x[z-a]", "xm", false },
	{ "x[z-a]", "xz", true },
	{ "x[a-c-e]", "xd", false },
	{ "x[\\]]", "x]", true },
	{ "x[a\\-c]", "xb", false },
	{ "x[\\a-\\c]", "xb", true },
	{ "x[[:digit:]]", "x7", true },
	{ "x[[:digit:]]", "xa", false },
	{ "x[![:alpha:]_]", "x_", false },
	{ "x[![:alpha:]_]", "x.", true },
	{ "x[[:upper:][:digit:]]y", "xQy", true },
	{ "x[[:punct:]]", "x~", true },
	{ "x[[:blank:]]y", "x\ty", true },
	{ "x[[:nonsense:]a]", "xa", false },
	{ "x[[:]", "x:", true },
	{ "x[[:a]", "x[", true },
	{ "x[a", "xa", false },
	{ "x[a", "x[a", false },
	{ "a/x[/]y", "a/x/y", false },
	{ "a/x[!b]y", "a/x/y", false },
	{ "x[\x80-\xff]", "x\xc3", true },
	/* escapes, comments, spaces */
	{ "\\*", "*", true },
	{ "\\*", "x", false },
	{ "a\\?", "a?", true },
	{ "a\\b", "ab", true },
	{ "a\\\\", "a\\", true },
	{ "a\\", "a", false },
	{ "a\\", "a\\", false },
	{ "\\[a]", "[a]", true },
	{ "# foo\nfoo", "foo", true },
	{ "#foo", "#foo", false },
	{ "\\#foo", "#foo", true },
	{ "a#foo", "a#foo", true },
	{ "\\!foo", "!foo", true },
	{ "foo  ", "foo", true },
	{ "foo\\ ", "foo ", true },
	{ "foo\\  ", "foo ", true },
	{ "foo\\  ", "foo  ", false },
	{ " foo", " foo", true },
	{ " foo", "foo", false },
	{ "foo\t", "foo\t", true },
	{ "a b", "a b", true },
	{ "\n\n  \n*.x\n", "f.x", true },
	{ "foo\r\n*.y \r\n", "foo", true },
	{ "foo\r\n*.y \r\n", "a.y", true },
	{ "\xef\xbb\xbf" "foo\n", "foo", true },
	/* order */
	{ "*.c\n!keep.c", "keep.c", false },
	{ "*.c\n!keep.c", "drop.c", true },
	{ "!keep.c\n*.c", "keep.c", true },
	{ "*\n!*.c", "a.c", false },
	{ "*\n!*.c", "d/a.c", true },
	{ "*\n!*/\n!*.c", "d/a.c", false },
	{ "*\n!*/\n!*.c", "d/a.h", true },
	{ "d/\n!d/keep", "d/keep", true },
	{ "d/*\n!d/keep", "d/keep", false },
	{ "d/*\n!d/keep", "d/drop", true },
	{ "foo\n!foo/", "foo/", false },
	{ "foo\n!foo/", "foo", true },
	{ "*.c\n!*.c\na.c", "a.c", true },
	{ "/*\n!/foo\n/foo/*\n!/foo/bar", "foo/bar/x", false },
	{ "/*\n!/foo\n/foo/*\n!/foo/bar", "foo/baz", true },
	{ "!", "foo", false },
};
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
