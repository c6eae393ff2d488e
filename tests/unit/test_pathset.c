/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of an archive: each one is known, and the directories that it is in. */
#include "tree/pathset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
add(struct pathset *s, const char *path)
{
	assert_false(err_failed(pathset_add(s, path, strlen(path))));
}

static bool
has(const struct pathset *s, const char *path)
{
	return pathset_has(s, path, strlen(path));
}

static void
a_path_brings_its_directories(void **state)
{
	struct pathset s = { 0 };

	(void)state;
	add(&s, "a/b/c");
	add(&s, "a/d");
	assert_true(has(&s, "a"));
	assert_true(has(&s, "a/b"));
	assert_true(has(&s, "a/b/c"));
	assert_true(has(&s, "a/d"));
	assert_false(has(&s, "a/b/d"));
	assert_false(has(&s, "b"));
	assert_false(has(&s, "A"));
	assert_int_equal(s.paths.count, 4);
	pathset_release(&s);
}

static void
a_beginning_is_no_directory(void **state)
{
	struct pathset s = { 0 };

	(void)state;
	add(&s, "abc/def");
	assert_false(has(&s, "ab"));
	assert_false(has(&s, "abc/de"));
	assert_true(pathset_has(&s, "abc/defgh", 7));
	pathset_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_brings_its_directories),
		cmocka_unit_test(a_beginning_is_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
