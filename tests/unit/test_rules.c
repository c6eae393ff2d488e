/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/rules: rsync's wildcards, and the order of rules; tests/cli/sync_filters.bats asks rsync itself. */
#include "tree/rules.h"

#include <errno.h>
#include <string.h>

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

static const struct {
	const char *pattern, *text;
	bool match;
} wild[] = {
	{ "", "", true },
	{ "a", "a", true },
	{ "a", "b", false },
	{ "*", "", true },
	{ "*", "a/b", false },
	{ "**", "a/b", true },
	{ "a*c", "abbc", true },
	{ "a*c", "ab/c", false },
	{ "a**c", "ab/c", true },
	{ "**/*.o", "x/y/z.o", true },
	{ "a*b*c*d", "aXbXcXbXcXd", true },
	{ "a*b**d", "aXbX/cX/d", true },
	{ "?", "/", false },
	{ "[a-c]x", "bx", true },
	{ "[!a-c]x", "bx", false },
	{ "[]]", "]", true },
	{ "[ab", "[ab", true },
	{ "\\*", "*", true },
	{ "\\*", "a", false },
	{ "a\\", "a\\", true },
	{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    false },
};

static void
wildcards_match_as_rsync_s(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		if (rules_wild(wild[i].pattern, wild[i].text) != wild[i].match)
			fail_msg("'%s' and '%s'", wild[i].pattern, wild[i].text);
	}
}

static int
ask(const struct rules *r, const char *path, bool is_dir, enum rules_side side)
{
	const char *slash = strrchr(path, '/');
	struct rules_entry e = { path, slash != NULL ? slash + 1 : path, is_dir };

	return (int)rules_ask(r, 0, &e, side).what;
}

static void
the_first_rule_that_matches_decides(void **state)
{
	struct rules *r = rules_new();
	struct rules_file file;

	(void)state;
	assert_non_null(r);
	assert_int_equal(rules_add(r, "+ /keep/**.o", "o", 1, &file).code, 0);
	assert_int_equal(rules_add_pattern(r, "*.o", false, "o", 2).code, 0);
	assert_int_equal(rules_add(r, "P saved", "o", 3, &file).code, 0);
	assert_int_equal(rules_add(r, "hide hidden/", "o", 4, &file).code, 0);
	assert_int_equal(ask(r, "keep/x/a.o", false, RULES_SOURCE), RULES_INCLUDE);
	assert_int_equal(ask(r, "x/a.o", false, RULES_SOURCE), RULES_EXCLUDE);
	assert_int_equal(ask(r, "x/saved", false, RULES_SOURCE), RULES_NO_MATCH);
	assert_int_equal(ask(r, "x/saved", false, RULES_DEST), RULES_EXCLUDE);
	assert_int_equal(ask(r, "x/saved", false, RULES_PROTECT), RULES_EXCLUDE);
	assert_int_equal(ask(r, "a.o", false, RULES_PROTECT), RULES_NO_MATCH);
	assert_int_equal(ask(r, "hidden", false, RULES_SOURCE), RULES_NO_MATCH);
	assert_int_equal(ask(r, "hidden", true, RULES_SOURCE), RULES_EXCLUDE);
	assert_int_equal(rules_add(r, "!", "o", 5, &file).code, 0);
	assert_int_equal(rules_count(r), 0);
	rules_free(r);
}

static void
what_is_no_rule_is_refused(void **state)
{
	static const char *const wrong[] = { "", "x y", "-", "- ", "-q a", "+n a", ". ", ":",
		"- /" };
	struct rules *r = rules_new();
	struct rules_file file;

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(rules_add(r, wrong[i], "o", 0, &file).code, EINVAL);
	assert_int_equal(rules_count(r), 0);
	assert_int_equal(rules_add(r, ".- list", "o", 0, &file).code, 0);
	assert_string_equal(file.name, "list");
	assert_true(file.exclude);
	rules_free(r);
}

static void
files_of_directories_are_asked_at_their_place(void **state)
{
	struct rules *r = rules_new();
	struct rules_file file;
	size_t n;

	(void)state;
	assert_non_null(r);
	assert_int_equal(rules_add(r, ":en /.rules", "o", 0, &file).code, 0);
	assert_int_equal(rules_add_pattern(r, "x", false, "o", 0).code, 0);
	const struct rules_merge *m = rules_merges(r, &n);
	assert_int_equal(n, 1);
	assert_string_equal(m->name, ".rules");
	assert_true(m->own);
	struct rules_entry e = { "x", "x", false };
	struct rules_answer a = rules_ask(r, 0, &e, RULES_SOURCE);
	assert_int_equal(a.what, RULES_ASK);
	assert_int_equal(rules_ask(r, a.next, &e, RULES_SOURCE).what, RULES_EXCLUDE);
	e = (struct rules_entry){ ".rules", ".rules", false };
	assert_int_equal(rules_ask(r, 0, &e, RULES_SOURCE).what, RULES_EXCLUDE);
	rules_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wildcards_match_as_rsync_s),
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(files_of_directories_are_asked_at_their_place),
	};
	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
