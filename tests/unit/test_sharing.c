/* SPDX-License-Identifier: BSD-2-Clause */
/* engine/sharing: maps of two files side by side, in all ways in which their parts can overlap. */
#include "engine/sharing.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

struct err __wrap_extmap_get(int fd, int64_t off, int64_t end, bool sync, struct extmap *map);

enum { UNIT = 10, SIZE = 40, STEPS = 200 };

/*
 * Two files of SIZE units: a unit of file F lies at PLACE[F][unit], 0 = it is a hole, negative = it is
 * there, but cannot be known as shared.  Answers have AT_ONCE parts at most.
 */
static struct {
	int place[2][SIZE];
	size_t at_once;
	int code;       /* what every call fails with, 0 = nothing */
	unsigned calls; /* without, and with sync */
	unsigned synced;
} fake;

/* The units from AT on that lie in one piece. */
static int
piece(const int *place, int at)
{
	int n = 1;

	while (at + n < SIZE && place[at + n] == place[at] + n * (place[at] > 0 ? 1 : 0) &&
	       (place[at + n] > 0) == (place[at] > 0))
		n++;
	return n;
}

struct err
__wrap_extmap_get(int fd, int64_t off, int64_t end, bool sync, struct extmap *map)
{
	const int *place = fake.place[fd];

	fake.calls++;
	fake.synced += sync;
	*map = (struct extmap){ .last = true };
	if (fake.code != 0)
		return err_make(fake.code, OP_SEEK, SIDE_SRC, off);
	for (int at = 0, n; at < SIZE && at * UNIT < end; at += n) {
		n = place[at] == 0 ? 1 : piece(place, at);
		if (place[at] == 0 || (at + n) * UNIT <= off)
			continue;
		if (map->n == fake.at_once) {
			map->last = false;
			break;
		}
		map->parts[map->n++] = (struct extmap_part){
			.off = at * UNIT,
			.len = n * UNIT,
			.phys = (uint64_t)(place[at] > 0 ? place[at] * UNIT : 0),
			.shared = place[at] > 0,
		};
	}
	return ERR_OK;
}

/* Compare what the iteration over [FROM, TO) tells with what each byte says. */
static void
expect(int64_t from, int64_t to)
{
	char told[SIZE * UNIT] = { 0 };
	struct sharing s;
	struct range r;
	int64_t pos = from;

	sharing_init(&s, 0, 1, from, to);
	while (sharing_next(&s, &r)) {
		assert_true(r.off >= pos && r.len > 0 && r.off + r.len <= to);
		memset(told + r.off, 1, (size_t)r.len);
		pos = r.off + r.len;
	}
	assert_false(sharing_next(&s, &r));
	for (int64_t i = 0; i < SIZE * UNIT; i++) {
		int a = fake.place[0][i / UNIT];
		int b = fake.place[1][i / UNIT];
		assert_int_equal(told[i], i >= from && i < to && a > 0 && a == b);
	}
}

static void
test_random_maps(void **state)
{
	(void)state;
	srand(4);
	for (int step = 0; step < STEPS; step++) {
		fake.at_once = 1 + (size_t)rand() % 5;
		for (int i = 0; i < SIZE; i++) {
			int kind = rand() % 8;
			int at = kind == 0 ? 0 : kind == 1 ? -1 : 100 + i;
			fake.place[0][i] = at;
			fake.place[1][i] = rand() % 4 == 0 ? 300 + i : at;
			if (rand() % 8 == 0)
				fake.place[1][i] = 0;
		}
		/* a part that is not shared at the beginning is asked for no further */
		fake.place[0][0] = 100;
		expect(0, SIZE * UNIT);
		expect(0, SIZE * UNIT - 3);
		fake.at_once = EXTMAP_PARTS;
		expect(UNIT / 2, SIZE * UNIT - 3);
	}
}

static void
test_nothing_shared(void **state)
{
	(void)state;
	fake.at_once = EXTMAP_PARTS;
	for (int i = 0; i < SIZE; i++) {
		fake.place[0][i] = -1;
		fake.place[1][i] = 100 + i;
	}
	fake.calls = fake.synced = 0;
	expect(0, SIZE * UNIT);
	assert_int_equal(fake.calls, 1);
	assert_int_equal(fake.synced, 0);
}

static void
test_no_map(void **state)
{
	(void)state;
	fake.code = EOPNOTSUPP;
	for (int i = 0; i < SIZE; i++)
		fake.place[0][i] = fake.place[1][i] = 0;
	expect(0, SIZE * UNIT);
	fake.code = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_maps),
		cmocka_unit_test(test_nothing_shared),
		cmocka_unit_test(test_no_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
