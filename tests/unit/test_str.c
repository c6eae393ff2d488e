/* SPDX-License-Identifier: BSD-2-Clause */
/* The byte string: growth, and each spelling of a name. */
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A name of given length, and its spellings. */
struct spelling {
	const char *name;
	size_t len;
	const char *quoted;
	const char *shown; /* NULL = as quoted */
	const char *text;
	const char *json;
};

#define N(literal) literal, sizeof(literal) - 1

static const struct spelling spellings[] = {
	{ N(""), "''", NULL, "", "\"\"" },
	{ N("a"), "'a'", "a", "a", "\"a\"" },
	{ N("a b"), "'a b'", "a b", "a b", "\"a b\"" },
	{ N(" a"), "' a'", NULL, " a", "\" a\"" },
	{ N("it's"), "'it'\\''s'", NULL, "it's", "\"it's\"" },
	{ N("$'x'"), "'$'\\''x'\\'''", NULL, "$'x'", "\"$'x'\"" },
	{ N("a\\b"), "'a\\b'", NULL, "a\\b", "\"a\\\\b\"" },
	{ N("a\"b"), "'a\"b'", "a\"b", "a\"b", "\"a\\\"b\"" },
	{ N("a\nb"), "'a'$'\\n''b'", NULL, "a?b", "\"a\\u000ab\"" },
	{ N("\n"), "''$'\\n'", NULL, "?", "\"\\u000a\"" },
	{ N("\n'"), "''$'\\n'''\\'''", NULL, "?'", "\"\\u000a'\"" },
	{ N("\t\r"), "''$'\\t\\r'", NULL, "??", "\"\\u0009\\u000d\"" },
	{ N("\033[2J"), "''$'\\033''[2J'", NULL, "?[2J", "\"\\u001b[2J\"" },
	{ N("\0x"), "''$'\\000''x'", NULL, "?x", "\"\\u0000x\"" },
	{ N("\177"), "''$'\\177'", NULL, "?", "\"\\u007f\"" },
	{ N("\302\233J"), "''$'\\302\\233''J'", NULL, "?J", "\"\\u009bJ\"" },
	{ N("\303\244"), "'\303\244'", "\303\244", "\303\244", "\"\303\244\"" },
	{ N("\342\200\256x"), "''$'\\342\\200\\256''x'", NULL, "?x", "\"\342\200\256x\"" },
	{ N("\377z"), "''$'\\377''z'", NULL, "?z", "\"\\ufffdz\"" },
};

/* Bytes, and whether they are valid UTF-8. */
static const struct {
	const char *bytes;
	size_t len;
	bool valid;
} utf8_cases[] = {
	{ N(""), true },
	{ N("plain"), true },
	{ N("a\0b"), true },
	{ N("\303\244"), true },
	{ N("\342\202\254"), true },
	{ N("\360\237\230\200"), true },
	{ N("\364\217\277\277"), true },
	{ N("\355\237\277"), true },
	{ N("\200"), false },             /* a continuation alone */
	{ N("\303"), false },             /* cut short */
	{ N("\342\202"), false },         /* cut short */
	{ N("\303\303"), false },         /* no continuation */
	{ N("\300\257"), false },         /* overlong '/' */
	{ N("\340\200\257"), false },     /* overlong '/' */
	{ N("\360\200\200\257"), false }, /* overlong '/' */
	{ N("\355\240\200"), false },     /* a surrogate */
	{ N("\364\220\200\200"), false }, /* beyond U+10FFFF */
	{ N("\370\210\200\200"), false }, /* five bytes once */
	{ N("\377"), false },
};

/* RFC 4648 section 10, and bytes that are no text. */
static const struct {
	const char *bytes;
	size_t len;
	const char *base64;
} base64_cases[] = {
	{ N(""), "" },
	{ N("f"), "Zg==" },
	{ N("fo"), "Zm8=" },
	{ N("foo"), "Zm9v" },
	{ N("foob"), "Zm9vYg==" },
	{ N("fooba"), "Zm9vYmE=" },
	{ N("foobar"), "Zm9vYmFy" },
	{ N("\377\376\375"), "//79" },
};

static void
check(struct str *s, const char *expected)
{
	assert_string_equal(s->buf, expected);
	assert_int_equal(s->len, strlen(expected));
	str_clear(s);
}

static void
a_name_is_spelled_safely(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		const struct spelling *c = &spellings[i];

		str_add_quoted(&s, c->name, c->len);
		check(&s, c->quoted);
		str_add_shown(&s, c->name, c->len);
		check(&s, c->shown != NULL ? c->shown : c->quoted);
		str_add_text(&s, c->name, c->len);
		check(&s, c->text);
		str_add_json(&s, c->name, c->len);
		check(&s, c->json);
	}
	str_release(&s);
}

static void
utf8_is_told_from_other_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof utf8_cases / sizeof *utf8_cases; i++)
		assert_int_equal(
		    utf8_is_valid(utf8_cases[i].bytes, utf8_cases[i].len), utf8_cases[i].valid);
}

static void
base64_is_that_of_the_rfc(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof base64_cases / sizeof *base64_cases; i++) {
		str_add_base64(&s, base64_cases[i].bytes, base64_cases[i].len);
		check(&s, base64_cases[i].base64);
	}
	str_release(&s);
}

static void
a_string_grows_and_stays_terminated(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_clear(&s);
	assert_string_equal(s.buf, "");
	for (int i = 0; i < 1000; i++) {
		str_addc(&s, 'x');
		str_adds(&s, "yz");
		str_addf(&s, "%03d", i);
		assert_int_equal(s.len, 6 * (i + 1));
		assert_int_equal(s.buf[s.len], '\0');
		assert_true(s.cap > s.len);
	}
	assert_memory_equal(s.buf + s.len - 6, "xyz999", 6);
	assert_false(err_failed(str_check(&s)));
	str_release(&s);
	assert_ptr_equal(s.buf, str_empty);
}

static void
numbers_are_those_of_printf(void **state)
{
	static const uint64_t numbers[] = { 0, 7, 10, 4096, 999999999, UINT64_MAX };
	static const unsigned widths[] = { 0, 1, 4, 9, 20 };

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		for (size_t j = 0; j < sizeof widths / sizeof widths[0]; j++) {
			struct str number = STR_INIT;
			struct str printed = STR_INIT;

			str_add_number(&number, numbers[i], widths[j]);
			str_addf(&printed, "%0*" PRIu64, (int)widths[j], numbers[i]);
			assert_string_equal(number.buf, printed.buf);
			str_release(&number);
			str_release(&printed);
		}
	}
}

static void
formatted_text_fits_whatever_room_there_is(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		str_addf(&s, "%c%s", (int)('a' + i % 26), i % 7 == 0 ? "longer" : "");
		assert_int_equal(strlen(s.buf), s.len);
	}
	assert_int_equal(s.len, 1000 + 143 * strlen("longer"));
	assert_memory_equal(s.buf, "alongerbcdefghlongeri", 21);
	assert_int_equal(str_check(&s).code, 0);
	str_release(&s);
}

static void
an_append_without_memory_is_found_at_the_end(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_adds(&s, "kept");
	str_add(&s, "x", SIZE_MAX);
	assert_string_equal(s.buf, "kept");
	assert_int_equal(str_check(&s).code, ENOMEM);
	assert_int_equal(str_check(&s).op, OP_MEMORY);
	str_clear(&s);
	assert_false(err_failed(str_check(&s)));
	str_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_spelled_safely),
		cmocka_unit_test(utf8_is_told_from_other_bytes),
		cmocka_unit_test(base64_is_that_of_the_rfc),
		cmocka_unit_test(a_string_grows_and_stays_terminated),
		cmocka_unit_test(numbers_are_those_of_printf),
		cmocka_unit_test(formatted_text_fits_whatever_room_there_is),
		cmocka_unit_test(an_append_without_memory_is_found_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
