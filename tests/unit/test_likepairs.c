/* SPDX-License-Identifier: BSD-2-Clause */
/* run/likepairs: which pairs are known, and what makes them unknown again. */
#include "run/likepairs.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

static struct stat
file(ino_t ino)
{
	return (struct stat){ .st_dev = 1, .st_ino = ino, .st_nlink = 2, .st_size = 100 };
}

static void
test_a_pair_is_known_once_it_was_compared(void **state)
{
	struct likepairs *c = likepairs_new();
	struct likeness first = { .differs = true, .at = 7, .read = 200 };
	struct likeness second = { .read = 100 };
	struct likeness like = { 0 };
	struct stat a = file(10);
	struct stat b = file(20);

	(void)state;
	assert_non_null(c);
	assert_false(likepairs_get(c, &a, &b, &like));
	likepairs_put(c, &a, &b, &first);
	assert_true(likepairs_get(c, &a, &b, &like));
	assert_true(like.differs);
	assert_int_equal(like.at, 7);
	assert_int_equal(like.read, 200);
	/* the other way round it is another pair, and so with another file on one side */
	assert_false(likepairs_get(c, &b, &a, &like));
	struct stat other = file(21);
	assert_false(likepairs_get(c, &a, &other, &like));
	likepairs_put(c, &a, &b, &second);
	assert_true(likepairs_get(c, &a, &b, &like));
	assert_false(like.differs);
	likepairs_free(c);
}

static void
test_a_file_that_has_changed_is_not_known(void **state)
{
	struct likepairs *c = likepairs_new();
	struct likeness like = { 0 };
	struct stat a = file(10);
	struct stat b = file(20);

	(void)state;
	assert_non_null(c);
	likepairs_put(c, &a, &b, &like);
	struct stat now = b;
	now.st_ctim.tv_nsec = 1;
	assert_false(likepairs_get(c, &a, &now, &like));
	now = a;
	now.st_mtim.tv_sec = 1;
	assert_false(likepairs_get(c, &now, &b, &like));
	now = a;
	now.st_size++;
	assert_false(likepairs_get(c, &now, &b, &like));
	assert_true(likepairs_get(c, &a, &b, &like));
	likepairs_free(c);
}

static void
test_a_file_of_one_name_is_not_kept(void **state)
{
	struct likepairs *c = likepairs_new();
	struct likeness like = { 0 };
	struct stat a = file(10);
	struct stat b = file(20);

	(void)state;
	assert_non_null(c);
	b.st_nlink = 1;
	likepairs_put(c, &a, &b, &like);
	assert_false(likepairs_get(c, &a, &b, &like));
	b.st_nlink = 2;
	assert_false(likepairs_get(c, &a, &b, &like));
	likepairs_free(c);
	likepairs_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_pair_is_known_once_it_was_compared),
		cmocka_unit_test(test_a_file_that_has_changed_is_not_known),
		cmocka_unit_test(test_a_file_of_one_name_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
