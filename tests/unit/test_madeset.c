/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of files that a run has made. */
#include "tree/madeset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct stat
file(dev_t dev, ino_t ino)
{
	return (struct stat){ .st_dev = dev, .st_ino = ino };
}

static void
what_was_added_is_known(void **state)
{
	struct madeset s = { 0 };
	struct stat st = file(1, 1);

	(void)state;
	assert_false(madeset_has(&s, &st));
	for (ino_t i = 0; i < 10000; i++) {
		st = file(3, i);
		assert_false(err_failed(madeset_add(&s, &st)));
		assert_false(err_failed(madeset_add(&s, &st)));
	}
	assert_int_equal(s.files.count, 10000);
	for (ino_t i = 0; i < 10000; i++) {
		st = file(3, i);
		assert_true(madeset_has(&s, &st));
		st = file(4, i);
		assert_false(madeset_has(&s, &st));
	}
	madeset_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
