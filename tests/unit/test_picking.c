/* SPDX-License-Identifier: BSD-2-Clause */
/* Which members are picked: operands, what is below them, and what filters leave out. */
#include "run/picking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool
wants(struct picking *p, const char *path, bool is_dir)
{
	return picking_wants(p, path, strlen(path), is_dir);
}

static void
without_operands_all_is_wanted(void **state)
{
	struct picking p;

	(void)state;
	assert_false(err_failed(picking_init(&p, NULL, 0, NULL)));
	assert_true(wants(&p, "a", false));
	assert_true(wants(&p, "a/b/c", true));
	picking_release(&p);
}

static void
an_operand_brings_what_is_below(void **state)
{
	char dir[] = "./dir/";
	char one[] = ".//one";
	char glob[] = "*.c";
	char never[] = "never";
	char *texts[] = { dir, one, glob, never };
	struct picking p;

	(void)state;
	assert_false(err_failed(picking_init(&p, texts, 4, NULL)));
	assert_true(wants(&p, "dir", true));
	assert_true(wants(&p, "dir/a/b", false));
	assert_false(wants(&p, "dirs", true));
	assert_false(wants(&p, "other/dir", true));
	assert_true(wants(&p, "one", false));
	assert_false(p.picks[2].used);
	assert_true(wants(&p, "x.c", false));
	assert_true(p.picks[0].used && p.picks[1].used && p.picks[2].used);
	assert_false(p.picks[3].used);
	assert_false(wants(&p, "two", false));
	picking_release(&p);
}

static void
what_two_operands_match_uses_both(void **state)
{
	char outer[] = "a";
	char inner[] = "a/b";
	char *texts[] = { outer, inner };
	struct picking p;

	(void)state;
	assert_false(err_failed(picking_init(&p, texts, 2, NULL)));
	assert_true(wants(&p, "a/b", false));
	assert_true(p.picks[0].used && p.picks[1].used);
	picking_release(&p);
}

static void
filters_leave_out_with_all_that_is_below(void **state)
{
	char src[] = "src";
	char *texts[] = { src };
	struct filter *f = filter_new();
	struct picking p;

	(void)state;
	assert_non_null(f);
	assert_false(err_failed(filter_add(f, "*.o", 3, false)));
	assert_false(err_failed(filter_add(f, "cache/", 6, false)));
	assert_false(err_failed(picking_init(&p, texts, 1, f)));
	assert_true(wants(&p, "src/a.c", false));
	assert_false(wants(&p, "src/a.o", false));
	assert_false(wants(&p, "src/cache", true));
	assert_true(wants(&p, "src/cache", false));
	assert_false(wants(&p, "src/cache/deep/a.c", false));
	assert_false(wants(&p, "other/a.c", false));
	picking_release(&p);
	filter_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_operands_all_is_wanted),
		cmocka_unit_test(an_operand_brings_what_is_below),
		cmocka_unit_test(what_two_operands_match_uses_both),
		cmocka_unit_test(filters_leave_out_with_all_that_is_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
