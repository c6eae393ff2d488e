/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/linkpairs: names of one file here and one file there. */
#include "tree/linkpairs.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* clang-format on */

static void
test_pairs(void **state)
{
	static const struct {
		ino_t a, b;
		nlink_t a_names, b_names;
		bool alike;
	} steps[] = {
		{ 1, 101, 2, 2, true },
		{ 1, 101, 2, 2, true },
		{ 1, 102, 2, 2, false }, /* one here, two there */
		{ 2, 101, 2, 2, false }, /* two here, one there */
		{ 3, 103, 1, 1, true },
		{ 3, 104, 1, 1, true }, /* not remembered: of one name each */
		{ 4, 105, 2, 1, true },
		{ 4, 106, 2, 1, false },
		{ 5, 107, 1, 2, true },
		{ 6, 107, 1, 2, false },
	};
	struct linkpairs *l = linkpairs_new();

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct stat a = { .st_ino = steps[i].a, .st_nlink = steps[i].a_names };
		struct stat b = { .st_ino = steps[i].b, .st_nlink = steps[i].b_names };
		bool alike;
		assert_false(err_failed(linkpairs_meet(l, &a, &b, &alike)));
		assert_int_equal(alike, steps[i].alike);
	}
	linkpairs_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
