/* SPDX-License-Identifier: BSD-2-Clause */
/* run/collate: what goes in in any order comes out in order, however little memory there is. */
#include "run/collate.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

enum {
	LANES = 3,
	RECORDS = 3000, /* of each lane */
};

/* What was given back. */
struct taken {
	size_t n;
	char last[64];
	size_t last_len;
	size_t long_ones;
};

static struct err
take(void *taker, const struct record *r)
{
	struct taken *t = taker;
	size_t len = r->key_len < t->last_len ? r->key_len : t->last_len;
	int order = memcmp(t->last, r->key, len);

	assert_true(order < 0 || (order == 0 && t->last_len <= r->key_len));
	assert_true(r->key_len <= sizeof t->last);
	memcpy(t->last, r->key, r->key_len);
	t->last_len = r->key_len;
	t->n++;
	if (r->body_len > 1000) {
		t->long_ones++;
		for (size_t i = 0; i < r->body_len; i++)
			assert_int_equal(r->body[i], 'b');
	} else {
		assert_int_equal(r->body_len, r->key_len);
		assert_memory_equal(r->body, r->key, r->key_len);
	}
	return ERR_OK;
}

/* One lane's thread. */
struct filler {
	struct collate *c;
	unsigned lane;
	struct err err;
};

/* The body of long records; filled before the threads start. */
static char long_body[100000];

static void *
fill(void *arg)
{
	struct filler *f = arg;
	uint32_t random = f->lane + 1;

	for (size_t i = 0; i < RECORDS && !err_failed(f->err); i++) {
		char key[64];

		random = random * 1664525 + 1013904223;
		int len = snprintf(key, sizeof key, "%0*u", (int)(random >> 28) + 1, random >> 12);
		struct record r = { key, (size_t)len, key, (size_t)len };
		if (i % 1000 == 500) {
			r.body = long_body;
			r.body_len = sizeof long_body;
		}
		f->err = collate_add(f->c, f->lane, &r);
		/* sorting early is no harm, and only that of the last record counts */
		if (f->lane % 2 == 0 && i % 1000 == 999)
			collate_sort(f->c, f->lane);
	}
	return NULL;
}

static void
fill_and_take(size_t lane_size)
{
	struct collate *c = collate_new(LANES, lane_size);
	struct filler fillers[LANES];
	pthread_t threads[LANES];
	struct taken t = { 0 };

	assert_non_null(c);
	memset(long_body, 'b', sizeof long_body);
	for (unsigned i = 0; i < LANES; i++) {
		fillers[i] = (struct filler){ .c = c, .lane = i };
		assert_int_equal(pthread_create(&threads[i], NULL, fill, &fillers[i]), 0);
	}
	for (unsigned i = 0; i < LANES; i++) {
		pthread_join(threads[i], NULL);
		assert_false(err_failed(fillers[i].err));
	}
	assert_false(err_failed(collate_each(c, take, &t)));
	assert_int_equal(t.n, LANES * RECORDS);
	assert_int_equal(t.long_ones, LANES * 3);
	collate_free(c);
}

static void
test_all_in_memory(void **state)
{
	(void)state;
	fill_and_take(64 << 20);
}

static void
test_runs_in_a_file(void **state)
{
	(void)state;
	fill_and_take(1000);
}

static void
test_nothing_at_all(void **state)
{
	struct collate *c = collate_new(LANES, 1000);
	struct taken t = { 0 };

	(void)state;
	assert_non_null(c);
	assert_false(err_failed(collate_each(c, take, &t)));
	assert_int_equal(t.n, 0);
	collate_free(c);
	collate_free(NULL);
}

static struct err
refuse(void *taker, const struct record *r)
{
	(void)r;
	++*(int *)taker;
	return err_make(ENOSPC, OP_WRITE, SIDE_DST, -1);
}

static void
test_a_failure_of_the_taker_ends_it(void **state)
{
	struct collate *c = collate_new(1, 1000);
	struct record r = { "key", 3, "body", 4 };
	int calls = 0;

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 1000; i++)
		assert_false(err_failed(collate_add(c, 0, &r)));
	assert_int_equal(collate_each(c, refuse, &calls).code, ENOSPC);
	assert_int_equal(calls, 1);
	collate_free(c);
}

static void
test_a_directory_that_is_not_there_is_an_error(void **state)
{
	struct collate *c = collate_new(1, 10);
	struct record r = { "key", 3, "body", 4 };

	(void)state;
	assert_non_null(c);
	assert_int_equal(setenv("TMPDIR", "/nowhere/at/all", 1), 0);
	assert_false(err_failed(collate_add(c, 0, &r)));
	assert_int_equal(collate_add(c, 0, &r).code, ENOENT);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	collate_free(c);
}

/* Keys that are the beginnings of others, with zeros, in the order of their bytes. */
static const struct record hard[] = {
	{ "p", 1, "0", 1 },
	{ "p", 1, "1", 1 },
	{ "p\0", 2, "2", 1 },
	{ "p\0\0", 3, "3", 1 },
	{ "p\0\0\0\0\0\0\0\0", 9, "4", 1 },
	{ "p\0\0\0\0\0\0\0\0\0", 10, "5", 1 },
	{ "p\0\0\0\0\0\0\0\0\1", 10, "6", 1 },
	{ "p12345678", 9, "7", 1 },
	{ "p123456789", 10, "8", 1 },
	{ "p12345678:", 10, "9", 1 },
	{ "p\377", 2, ":", 1 },
};

static struct err
take_hard(void *taker, const struct record *r)
{
	size_t *n = taker;

	assert_int_equal(r->key_len, hard[*n].key_len);
	assert_memory_equal(r->key, hard[*n].key, r->key_len);
	assert_int_equal(r->body[0], hard[*n].body[0]);
	(*n)++;
	return ERR_OK;
}

static void
test_keys_that_begin_alike(void **state)
{
	const size_t n = sizeof hard / sizeof hard[0];

	(void)state;
	for (size_t first = 0; first < n; first++) {
		struct collate *c = collate_new(1, 1 << 20);
		size_t taken = 0;
		assert_non_null(c);
		for (size_t i = 0; i < n; i++)
			assert_false(err_failed(collate_add(c, 0, &hard[(first + 7 * i) % n])));
		assert_false(err_failed(collate_each(c, take_hard, &taken)));
		assert_int_equal(taken, n);
		collate_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_in_memory),
		cmocka_unit_test(test_runs_in_a_file),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_a_failure_of_the_taker_ends_it),
		cmocka_unit_test(test_a_directory_that_is_not_there_is_an_error),
		cmocka_unit_test(test_keys_that_begin_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
