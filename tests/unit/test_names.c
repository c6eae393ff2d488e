/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/names: names as they arrive, of any length, with either separator. */
#include "tree/names.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

/* clang-format on */

/* A list that holds TEXT[len] and ends there. */
static struct names *
list_holding(const char *text, size_t len, char separator, int *fd)
{
	*fd = memfd_create("names", MFD_CLOEXEC);
	assert_true(*fd >= 0);
	for (size_t done = 0; done < len;) {
		ssize_t n = write(*fd, text + done, len - done);
		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);

	struct names *n = names_new(*fd, separator);
	assert_non_null(n);
	return n;
}

static void
assert_next(struct names *n, const char *expected, size_t expected_len)
{
	const char *name = NULL;
	size_t len = 0;

	assert_false(err_failed(names_next(n, &name, &len)));
	assert_non_null(name);
	assert_int_equal(len, expected_len);
	assert_memory_equal(name, expected, expected_len + 1);
}

static void
assert_end(struct names *n)
{
	const char *name = "untouched";
	size_t len = 1;

	assert_false(err_failed(names_next(n, &name, &len)));
	assert_null(name);
	assert_int_equal(len, 0);
}

static void
lines_are_names(void **state)
{
	int fd;
	const char text[] = "\n\none\ntwo words \r\n\n-x\nlast";
	struct names *n = list_holding(text, sizeof(text) - 1, '\n', &fd);

	(void)state;
	assert_next(n, "one", 3);
	assert_next(n, "two words \r", 11);
	assert_next(n, "-x", 2);
	assert_next(n, "last", 4);
	assert_end(n);
	assert_end(n);
	names_free(n);
	close(fd);
}

static void
nul_separated_names_hold_newlines(void **state)
{
	int fd;
	const char text[] = "\0a\nb\0\0\nc\0d";
	struct names *n = list_holding(text, sizeof(text) - 1, '\0', &fd);

	(void)state;
	assert_next(n, "a\nb", 3);
	assert_next(n, "\nc", 2);
	assert_next(n, "d", 1);
	assert_end(n);
	names_free(n);
	close(fd);
}

static void
a_nul_within_a_line_shows_in_the_length(void **state)
{
	int fd;
	struct names *n = list_holding("a\0b\n", 4, '\n', &fd);

	(void)state;
	assert_next(n, "a\0b", 3);
	assert_end(n);
	names_free(n);
	close(fd);
}

static void
an_empty_list_has_no_names(void **state)
{
	int fd;
	struct names *n = list_holding("\n\n\n", 3, '\n', &fd);

	(void)state;
	assert_end(n);
	names_free(n);
	close(fd);
}

static void
a_name_is_there_while_the_list_is_still_open(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	struct names *n = names_new(ends[0], '\n');
	assert_non_null(n);
	assert_int_equal(write(ends[1], "first\nsec", 9), 9);
	assert_next(n, "first", 5);
	assert_int_equal(write(ends[1], "ond\nthird\n", 10), 10);
	assert_next(n, "second", 6);
	assert_next(n, "third", 5);
	assert_int_equal(write(ends[1], "end", 3), 3);
	close(ends[1]);
	assert_next(n, "end", 3);
	assert_end(n);
	names_free(n);
	close(ends[0]);
}

static void
a_name_may_be_a_mebibyte_long(void **state)
{
	size_t len = 1U << 20;
	char *text = malloc(len + 1 + 3);
	int fd;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text + len, "\nab", 4);

	struct names *n = list_holding(text, len + 3, '\n', &fd);
	text[len] = '\0';
	assert_next(n, text, len);
	assert_next(n, "ab", 2);
	assert_end(n);
	names_free(n);
	close(fd);

	n = list_holding(text, len, '\n', &fd);
	assert_next(n, text, len);
	assert_end(n);
	names_free(n);
	close(fd);
	free(text);
}

/* Names of each length around the buffer's size, so that every way of straddling it occurs. */
static void
names_straddle_the_buffer(void **state)
{
	enum { LONGEST = 700, LISTS = 3, NAMES = LISTS * LONGEST };

	static char text[NAMES * (LONGEST + 3) / 2];
	size_t len = 0;
	int fd;

	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		size_t size = i % LONGEST + 1;
		memset(text + len, 'a' + (int)(i % 26), size);
		text[len + size] = '\0';
		len += size + 1;
	}

	struct names *n = list_holding(text, len, '\0', &fd);
	for (size_t i = 0, at = 0; i < NAMES; i++) {
		assert_next(n, text + at, i % LONGEST + 1);
		at += i % LONGEST + 2;
	}
	assert_end(n);
	names_free(n);
	close(fd);
}

static void
a_read_error_is_reported(void **state)
{
	const char *name = "untouched";
	size_t len = 9;
	struct names *n = names_new(-1, '\n');

	(void)state;
	assert_non_null(n);
	struct err e = names_next(n, &name, &len);
	assert_int_equal(e.code, EBADF);
	assert_int_equal(e.op, OP_READ);
	assert_string_equal(name, "untouched");
	assert_int_equal(len, 9);
	names_free(n);
	names_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_names),
		cmocka_unit_test(nul_separated_names_hold_newlines),
		cmocka_unit_test(a_nul_within_a_line_shows_in_the_length),
		cmocka_unit_test(an_empty_list_has_no_names),
		cmocka_unit_test(a_name_is_there_while_the_list_is_still_open),
		cmocka_unit_test(a_name_may_be_a_mebibyte_long),
		cmocka_unit_test(names_straddle_the_buffer),
		cmocka_unit_test(a_read_error_is_reported),
	};
	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
