/* SPDX-License-Identifier: BSD-2-Clause */
/* run/sums: lines of digests and names, of all tools. */
#include "run/sums.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

#define HEX "0123456789abcdef"

static const struct digest_algo xxh64 = { .name = "xxh64", .size = 8 };
static const struct digest_algo sha = { .name = "sha256",
	.size = 8 }; /* short enough to be read here */
static const unsigned char digest[] = { 1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };

static void
test_lines_are_written_as_the_tools_do(void **state)
{
	static const struct {
		struct sums_form form;
		const struct digest_algo *algo;
		const char *name;
		const char *line;
	} rows[] = {
		{ { false, false }, &sha, "a b", HEX "  a b\n" },
		{ { false, false }, &sha, " a", HEX "   a\n" },
		{ { false, false }, &sha, "a\\b", "\\" HEX "  a\\\\b\n" },
		{ { false, false }, &sha, "a\nb\r", "\\" HEX "  a\\nb\\r\n" },
		{ { true, false }, &sha, "a", "SHA256 (a) = " HEX "\n" },
		{ { true, false }, &sha, "a\n", "\\SHA256 (a\\n) = " HEX "\n" },
		{ { false, false }, &xxh64, "a\\b", HEX "  a\\b\n" },
		{ { false, false }, &xxh64, "a\\\n", "\\" HEX "  a\\\\\\n\n" },
		{ { true, false }, &xxh64, "a", "XXH64 (a) = " HEX "\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s = STR_INIT;

		sums_add_line(&s, rows[i].form, rows[i].algo, digest, rows[i].name);
		assert_string_equal(s.buf, rows[i].line);
		str_release(&s);
	}
	struct str s = STR_INIT;
	sums_add_line(&s, (struct sums_form){ false, true }, &sha, digest, "a\n\\");
	assert_int_equal(s.len, strlen(HEX "  a\n\\") + 1);
	assert_string_equal(s.buf, HEX "  a\n\\");
	str_release(&s);
}

static void
test_lines_are_read_as_the_tools_do(void **state)
{
	static const struct {
		const char *text;
		const char *name; /* NULL = it is no line */
		const char *tag;  /* NULL = none */
		bool zero;
	} rows[] = {
		{ HEX "  a", "a", NULL, false },
		{ HEX " *a", "a", NULL, false },
		{ HEX " a", "a", NULL, false },
		{ " \t" HEX "  a", "a", NULL, false },
		{ HEX "   a ", " a ", NULL, false },
		{ HEX "  a\\b", "a\\b", NULL, false },
		{ "\\" HEX "  a\\\\b\\n\\r", "a\\b\n\r", NULL, false },
		{ "\\" HEX "  a\\q", NULL, NULL, false },
		{ "\\" HEX "  a\\", NULL, NULL, false },
		{ HEX "  a\nb", "a\nb", NULL, true },
		{ HEX "0  a", NULL, NULL, false },
		{ "0123456789abcd  a", NULL, NULL, false },
		{ HEX, NULL, NULL, false },
		{ HEX " ", NULL, NULL, false },
		{ HEX "  ", NULL, NULL, false },
		{ "", NULL, NULL, false },
		{ "0123456789abcdeg  a", NULL, NULL, false },
		{ "SHA256 (a) = " HEX, "a", "SHA256", false },
		{ "SHA256 (a) = (b) = " HEX, "a) = (b", "SHA256", false },
		{ "\\SHA256 (a\\nb) = " HEX, "a\nb", "SHA256", false },
		{ "SHA256 () = " HEX, NULL, NULL, false },
		{ "SHA256 (a = " HEX, NULL, NULL, false },
		{ "SHA256 (a) =" HEX, NULL, NULL, false },
		{ "SHA256 (", NULL, NULL, false },
		{ ") = " HEX, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = strdup(rows[i].text);
		struct sums_line line;

		assert_non_null(text);
		bool taken = sums_take_line(text, strlen(text), rows[i].zero, &line);
		assert_int_equal(taken, rows[i].name != NULL);
		if (taken) {
			assert_string_equal(line.name, rows[i].name);
			assert_int_equal(line.hex_len, strlen(HEX));
			assert_memory_equal(line.hex, HEX, strlen(HEX));
			assert_int_equal(line.tag != NULL, rows[i].tag != NULL);
		}
		if (taken && rows[i].tag != NULL) {
			assert_int_equal(line.tag_len, strlen(rows[i].tag));
			assert_memory_equal(line.tag, rows[i].tag, line.tag_len);
		}
		free(text);
	}
	char nul[] = HEX "  a\0b";
	struct sums_line line;
	assert_false(sums_take_line(nul, sizeof nul - 1, false, &line));
}

static void
test_tags_are_those_of_the_tools(void **state)
{
	(void)state;
	assert_string_equal(sums_algo_of_tag("BLAKE2b = ", 7), "blake2b");
	assert_string_equal(sums_algo_of_tag("XXH128", 6), "xxh128");
	assert_null(sums_algo_of_tag("SHA", 3));
	assert_null(sums_algo_of_tag("SHA2567", 7));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_written_as_the_tools_do),
		cmocka_unit_test(test_lines_are_read_as_the_tools_do),
		cmocka_unit_test(test_tags_are_those_of_the_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
