/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/split: a command that was written in one line, and where it ends. */
#include "pipe/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* clang-format on */

/* A text, and its words each followed by '|'; NULL = refused. */
static const struct split_case {
	const char *text;
	const char *expected;
} split_cases[] = {
	{ "zstd -3", "zstd|-3|" },
	{ "  a\t b\n c ", "a|b|c|" },
	{ "a 'b c' d", "a|b c|d|" },
	{ "a \"b c\" d", "a|b c|d|" },
	{ "a b\\ c", "a|b c|" },
	{ "a'b'\"c\"d", "abcd|" },
	{ "'' \"\"", "||" },
	{ "''", "|" },
	{ "a''", "a|" },
	{ "'a\\b'", "a\\b|" },
	{ "\"a\\b\"", "a\\b|" },
	{ "\"\\$\\`\\\"\\\\\"", "$`\"\\|" },
	{ "'\"' \"'\"", "\"|'|" },
	{ "a\\\nb c\\\n d \\\n e", "ab|c|d|e|" },
	{ "\"a\\\nb\"", "ab|" },
	{ "'a\nb'", "a\nb|" },
	{ "\\'", "'|" },
	{ "$HOME `x` *.c ~ a;b & <c >d #e", "$HOME|`x`|*.c|~|a;b|&|<c|>d|#e|" },
	{ "x=\"$(a b)\"", "x=$(a b)|" },
	{ "\xc3\xa9 \x01", "\xc3\xa9|\x01|" },
	{ "", NULL },
	{ " \t\n", NULL },
	{ "\\\n", NULL },
	{ "a 'b", NULL },
	{ "a \"b", NULL },
	{ "a \"b\\", NULL },
	{ "a \"b\\\"", NULL },
	{ "a \\", NULL },
	{ "\"", NULL },
	{ "'", NULL },
	{ "\\", NULL },
};

static void
a_line_is_split_as_shells_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof split_cases / sizeof split_cases[0]; i++) {
		const struct split_case *c = &split_cases[i];
		char **argv = NULL, got[128] = "";
		const char *why = NULL;

		struct err err = command_split(c->text, &argv, &why);
		if (c->expected == NULL) {
			assert_int_equal(err.code, EINVAL);
			assert_int_equal(err.op, OP_REFUSE);
			assert_non_null(why);
			assert_null(argv);
			continue;
		}
		assert_int_equal(err.code, 0);
		assert_null(why);
		for (size_t k = 0; argv[k] != NULL; k++) {
			strncat(got, argv[k], 64);
			strncat(got, "|", 2);
		}
		assert_string_equal(got, c->expected);
		free(argv);
	}
}

/* A line, and what is before its first bar. */
static const struct split_case bar_cases[] = {
	{ "", "" },
	{ "a b", "a b" },
	{ "a | b", "a " },
	{ "a|b|c", "a" },
	{ "|", "" },
	{ "'|' | b", "'|' " },
	{ "\"a|\\\"|\"|b", "\"a|\\\"|\"" },
	{ "a \\| b | c", "a \\| b " },
	{ "'\\'|b", "'\\'" },
	{ "\"'\"|b", "\"'\"" },
	{ "'a | b", "'a | b" },
	{ "a \\", "a \\" },
};

static void
a_bar_ends_a_command_unless_quoted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bar_cases / sizeof bar_cases[0]; i++)
		assert_int_equal(
		    command_before_bar(bar_cases[i].text), strlen(bar_cases[i].expected));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_split_as_shells_do),
		cmocka_unit_test(a_bar_ends_a_command_unless_quoted),
	};
	return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
