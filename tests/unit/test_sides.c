/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/sides: names that meet, names that do not, listings that break off, and many directories. */
#include "sys/dir.h"
#include "tree/sides.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

struct err __wrap_dir_list_start(struct dir_list *l, int fd, char *buf, int64_t at);
struct err __wrap_dir_list_next(struct dir_list *l, struct dir_name *n);

/* The listing: N names, each "PREFIXnumber"; a failure with CODE stands at its end. */
static struct {
	const char *prefix;
	size_t n;
	size_t next;
	int code;
	size_t repeat; /* each name so many times */
	char name[64];
} script;

struct err
__wrap_dir_list_start(struct dir_list *l, int fd, char *buf, int64_t at)
{
	(void)l;
	(void)buf;
	assert_int_equal(fd, 7);
	assert_int_equal(at, 0);
	script.next = 0;
	return ERR_OK;
}

/* A type for name I, so that types do not get mixed up. */
static unsigned char
type_of(size_t i)
{
	static const unsigned char types[] = { DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN };

	return types[i % 4];
}

struct err
__wrap_dir_list_next(struct dir_list *l, struct dir_name *n)
{
	(void)l;
	if (script.next == script.n * script.repeat) {
		n->name = NULL;
		return script.code != 0 ? err_make(script.code, OP_READDIR, SIDE_SRC, -1) : ERR_OK;
	}
	size_t i = script.next++ / script.repeat;
	snprintf(script.name, sizeof script.name, "%s%zu", script.prefix, i);
	*n = (struct dir_name){ .name = script.name, .type = type_of(i), .ino = i + 100 };
	return ERR_OK;
}

static void
listing(const char *prefix, size_t n)
{
	script.prefix = prefix;
	script.n = n;
	script.repeat = 1;
	script.code = 0;
}

static struct err
read_sides(struct sides *s)
{
	return sides_read(s, 7, SIDE_DST, NULL);
}

static unsigned char
meet(struct sides *s, const char *prefix, size_t i)
{
	char name[64];

	snprintf(name, sizeof name, "%s%zu", prefix, i);
	uint64_t ino = UINT64_MAX;
	unsigned char type = sides_meet(s, name, &ino);
	assert_int_equal(ino, type < SIDE_NOT_ASKED ? i + 100 : 0);
	return type;
}

/* The numbers of the extras are FROM, FROM + STEP, ... below N. */
static void
expect_extras(const struct sides *s, size_t from, size_t step, size_t n)
{
	struct side_name name;
	size_t at = 0;

	for (size_t i = from; i < n; i += step) {
		char want[64];
		snprintf(want, sizeof want, "%s%zu", script.prefix, i);
		sides_extra(s, &at, &name);
		assert_string_equal(name.name, want);
		assert_int_equal(name.type, type_of(i));
		assert_int_equal(name.ino, i + 100);
	}
	sides_extra(s, &at, &name);
	assert_null(name.name);
	sides_extra(s, &at, &name);
	assert_null(name.name);
}

static void
test_meets(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 7, 8, 9, 100, 5000, 3, 40000, 10 };
	struct sides *s = sides_new();
	uint64_t ino;

	(void)state;
	assert_non_null(s);
	assert_int_equal(meet(s, "x", 0), SIDE_NOT_ASKED);
	for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
		size_t n = sizes[k];
		listing(k % 2 == 0 ? "" : "a longer name, of more than eight bytes ", n);
		assert_false(err_failed(read_sides(s)));
		assert_true(sides_are_whole(s));
		assert_int_equal(sides_count(s), n);
		for (size_t i = 0; i < n; i += 2)
			assert_int_equal(meet(s, script.prefix, i), type_of(i));
		assert_int_equal(meet(s, script.prefix, n), SIDE_ABSENT);
		assert_int_equal(sides_meet(s, "", &ino), SIDE_ABSENT);
		if (n > 0)
			assert_int_equal(meet(s, script.prefix, 0), type_of(0));
		assert_int_equal(sides_unmet(s), n / 2);
		expect_extras(s, 1, 2, n);
		sides_keep_extras(s);
		assert_int_equal(sides_count(s), n / 2);
		assert_int_equal(sides_unmet(s), n / 2);
		expect_extras(s, 1, 2, n);
		sides_clear(s);
		assert_int_equal(sides_count(s), 0);
		expect_extras(s, 1, 1, 0);
	}
	sides_free(s);
}

static void
test_listed_twice(void **state)
{
	struct sides *s = sides_new();

	(void)state;
	assert_non_null(s);
	listing("n", 10);
	script.repeat = 3;
	assert_false(err_failed(read_sides(s)));
	assert_int_equal(sides_unmet(s), 10);
	expect_extras(s, 0, 1, 10);
	assert_int_equal(meet(s, "n", 4), type_of(4));
	assert_int_equal(sides_unmet(s), 9);
	sides_free(s);
}

static void
test_broken_off(void **state)
{
	struct sides *s = sides_new();

	(void)state;
	assert_non_null(s);
	listing("n", 10);
	script.code = EIO;
	struct err err = read_sides(s);
	assert_int_equal(err.code, EIO);
	assert_int_equal(err.op, OP_READDIR);
	assert_int_equal(err.side, SIDE_DST);
	assert_false(sides_are_whole(s));
	assert_int_equal(meet(s, "n", 3), type_of(3));
	assert_int_equal(meet(s, "n", 10), SIDE_NOT_ASKED);
	sides_clear(s);
	listing("n", 2);
	assert_false(err_failed(read_sides(s)));
	assert_true(sides_are_whole(s));
	assert_int_equal(meet(s, "n", 2), SIDE_ABSENT);
	sides_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meets),
		cmocka_unit_test(test_listed_twice),
		cmocka_unit_test(test_broken_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
