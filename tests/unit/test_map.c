/* SPDX-License-Identifier: BSD-2-Clause */
/* base/map: against a plain array as the model, through growth, removal and collisions. */
#include "base/map.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

enum {
	KEYS = 4096,      /* several doublings of the table */
	CAP_MAX = 8192,   /* the least table that holds them three quarters full */
	STEPS = 200000,   /* enough for each key to come and go many times */
	CHECK_EVERY = 999 /* steps between full comparisons */
};

static char values[KEYS]; /* only their addresses matter */

/* Keys that differ in one half only, or in both, as device and inode numbers do. */
static struct map_key
key_of(size_t i)
{
	return (struct map_key){ .hi = i % 3, .lo = i / 3 };
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void
assert_same(const struct map *m, void *const model[static KEYS])
{
	size_t expected = 0, seen = 0, cursor = 0;
	struct map_key key;
	void *value;

	for (size_t i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(m, key_of(i)), model[i]);
		expected += model[i] != NULL;
	}
	while (map_each(m, &cursor, &key, &value)) {
		assert_ptr_equal(model[key.lo * 3 + key.hi], value);
		seen++;
	}
	assert_int_equal(seen, expected);
	assert_int_equal(m->count, expected);
}

static void
an_empty_map_finds_nothing(void **state)
{
	struct map m;
	struct map_key key = { 7, 7 };
	void *value = values;
	size_t cursor = 0;

	(void)state;
	map_init(&m);
	assert_null(map_get(&m, key));
	assert_null(map_remove(&m, key));
	assert_false(map_each(&m, &cursor, &key, &value));
	assert_int_equal(key.hi, 7);
	assert_ptr_equal(value, values);
	map_release(&m);
}

static void
the_zero_key_is_a_key(void **state)
{
	struct map m;
	struct map_key zero = { 0, 0 }, ones = { UINT64_MAX, UINT64_MAX };

	(void)state;
	map_init(&m);
	assert_false(err_failed(map_put(&m, zero, &values[0])));
	assert_null(map_get(&m, ones));
	assert_false(err_failed(map_put(&m, ones, &values[1])));
	assert_ptr_equal(map_get(&m, zero), &values[0]);
	assert_ptr_equal(map_remove(&m, zero), &values[0]);
	assert_null(map_get(&m, zero));
	assert_ptr_equal(map_get(&m, ones), &values[1]);
	map_release(&m);
	assert_null(map_get(&m, ones));
}

static void
putting_twice_replaces(void **state)
{
	struct map m;
	struct map_key key = { 1, 2 };

	(void)state;
	map_init(&m);
	assert_false(err_failed(map_put(&m, key, &values[0])));
	assert_false(err_failed(map_put(&m, key, &values[1])));
	assert_int_equal(m.count, 1);
	assert_ptr_equal(map_remove(&m, key), &values[1]);
	assert_int_equal(m.count, 0);
	map_release(&m);
}

static void
it_grows_by_doubling_and_keeps_free_places(void **state)
{
	struct map m;

	(void)state;
	map_init(&m);
	for (size_t i = 0; i < KEYS; i++) {
		assert_false(err_failed(map_put(&m, key_of(i), &values[i])));
		assert_true(m.count <= m.cap / 4 * 3);
		assert_int_equal(m.cap & (m.cap - 1), 0);
	}
	assert_true(m.cap <= CAP_MAX);
	map_release(&m);
}

static void
coming_and_going_does_not_grow_it(void **state)
{
	struct map m;

	(void)state;
	map_init(&m);
	for (size_t i = 0; i < STEPS; i++) {
		struct map_key key = { i, ~i };
		assert_false(err_failed(map_put(&m, key, &values[0])));
		if (i >= 40)
			assert_non_null(map_remove(&m, (struct map_key){ i - 40, ~(i - 40) }));
	}
	assert_int_equal(m.count, 40);
	assert_int_equal(m.cap, 64);
	map_release(&m);
}

static void
random_steps_agree_with_a_plain_array(void **state)
{
	static void *model[KEYS];
	uint32_t seed = 1;
	struct map m;

	(void)state;
	map_init(&m);
	for (size_t step = 0; step < STEPS; step++) {
		size_t i = next_random(&seed) % KEYS;
		if (next_random(&seed) % 2 == 0) {
			model[i] = &values[next_random(&seed) % KEYS];
			assert_false(err_failed(map_put(&m, key_of(i), model[i])));
		} else {
			assert_ptr_equal(map_remove(&m, key_of(i)), model[i]);
			model[i] = NULL;
		}
		if (step % CHECK_EVERY == 0)
			assert_same(&m, model);
	}
	assert_same(&m, model);
	map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_finds_nothing),
		cmocka_unit_test(the_zero_key_is_a_key),
		cmocka_unit_test(putting_twice_replaces),
		cmocka_unit_test(it_grows_by_doubling_and_keeps_free_places),
		cmocka_unit_test(coming_and_going_does_not_grow_it),
		cmocka_unit_test(random_steps_agree_with_a_plain_array),
	};
	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
