/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of hashes: what was added is known, nothing else, and memory has a limit. */
#include "base/hashset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
what_was_added_is_known(void **state)
{
	struct hashset s = { 0 };

	(void)state;
	assert_false(hashset_has(&s, 7));
	for (uint64_t h = 0; h < 10000; h += 2) {
		assert_false(err_failed(hashset_add(&s, h << 40 | h)));
		assert_false(err_failed(hashset_add(&s, h << 40 | h)));
	}
	assert_int_equal(s.count, 5000);
	for (uint64_t h = 2; h < 10000; h++)
		assert_int_equal(hashset_has(&s, h << 40 | h), h % 2 == 0);
	assert_false(s.full);
	hashset_release(&s);
	assert_false(hashset_has(&s, 2));
	hashset_release(&s);
}

static void
nothing_is_a_hash_as_well(void **state)
{
	struct hashset s = { 0 };

	(void)state;
	assert_false(err_failed(hashset_add(&s, 99)));
	assert_false(hashset_has(&s, 0));
	assert_false(err_failed(hashset_add(&s, 0)));
	assert_true(hashset_has(&s, 0));
	assert_int_equal(s.count, 2);
	hashset_release(&s);
}

static void
memory_has_a_limit(void **state)
{
	struct hashset s = { 0 };

	(void)state;
	for (uint64_t h = 1; h <= HASHSET_MAX + 10; h++)
		assert_false(err_failed(hashset_add(&s, h)));
	assert_true(s.full);
	assert_int_equal(s.count, HASHSET_MAX);
	assert_true(s.cap * sizeof s.slots[0] <= 16 << 20);
	assert_true(hashset_has(&s, HASHSET_MAX));
	assert_false(hashset_has(&s, HASHSET_MAX + 1));
	hashset_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_known),
		cmocka_unit_test(nothing_is_a_hash_as_well),
		cmocka_unit_test(memory_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
