/* SPDX-License-Identifier: BSD-2-Clause */
/* --owner-map: what is a rule, and which rule counts. */
#include "run/ownermap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Stands in for the databases: "mapped" is user 1000 and group 1001. */
int64_t __wrap_owner_number(const char *name, bool group);

int64_t
__wrap_owner_number(const char *name, bool group)
{
	return strcmp(name, "mapped") == 0 ? 1000 + group : -1;
}

static void
names_and_numbers_are_replaced(void **state)
{
	struct owner_map m = { 0 };
	const char *culprit = NULL;

	(void)state;
	assert_false(
	    err_failed(owner_map_read(&m, "ann=7,12=mapped,:staff=9,:13=:mapped", &culprit)));
	assert_int_equal(owner_map_find(&m, "ann", 99, false), 7);
	assert_int_equal(owner_map_find(&m, "ann", 99, true), -1);
	assert_int_equal(owner_map_find(&m, "bob", 12, false), 1000);
	assert_int_equal(owner_map_find(&m, NULL, 12, false), 1000);
	assert_int_equal(owner_map_find(&m, NULL, 12, true), -1);
	assert_int_equal(owner_map_find(&m, "staff", 0, true), 9);
	assert_int_equal(owner_map_find(&m, NULL, 13, true), 1001);
	assert_int_equal(owner_map_find(&m, NULL, 13, false), -1);
	assert_int_equal(owner_map_find(&m, NULL, 8, false), -1);
	owner_map_release(&m);
	assert_int_equal(owner_map_find(&m, "ann", 99, false), -1);
}

static void
the_first_rule_counts(void **state)
{
	struct owner_map m = { 0 };
	const char *culprit = NULL;

	(void)state;
	assert_false(err_failed(owner_map_read(&m, "ann=1,5=2,ann=3", &culprit)));
	assert_int_equal(owner_map_find(&m, "ann", 5, false), 1);
	assert_int_equal(owner_map_find(&m, "bob", 5, false), 2);
	owner_map_release(&m);
}

static void
what_is_no_rule_is_named(void **state)
{
	static const struct {
		const char *map;
		const char *culprit;
	} rows[] = {
		{ "", "" },
		{ "ann", "ann" },
		{ "ann=", "ann=" },
		{ "=5", "=5" },
		{ ":=5", ":=5" },
		{ "a=1,,b=2", "" },
		{ "a=1,b=nobody-knows", "b=nobody-knows" },
		{ "a=4294967295", "a=4294967295" },
		{ "a=-1", "a=-1" },
		{ "a=1x", "a=1x" },
		{ "a=:5", "a=:5" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct owner_map m = { 0 };
		const char *culprit = NULL;
		struct err err = owner_map_read(&m, rows[i].map, &culprit);

		assert_int_equal(err.code, EINVAL);
		assert_string_equal(culprit, rows[i].culprit);
		owner_map_release(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_replaced),
		cmocka_unit_test(the_first_rule_counts),
		cmocka_unit_test(what_is_no_rule_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
