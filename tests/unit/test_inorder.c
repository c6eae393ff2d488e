/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces come out worked on, each once, in the order in which they went in. */
#include "thread/inorder.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	PIECES = 500,
	AT_ONCE = 5,
	THREADS_MOST = 4,
};

/* A piece: a number, and how often it was worked on. */
struct piece {
	int number;
	int times;
};

static atomic_int worked;

/* The threads take turns in being slow. */
static void
work(void *arg, void *piece, unsigned number)
{
	struct piece *p = piece;

	assert_ptr_equal(arg, &worked);
	for (unsigned i = 0; p->number % 3 == (int)number % 3 && i < 20; i++)
		(void)sched_yield();
	p->times++;
	atomic_fetch_add(&worked, 1);
}

static const struct inorder_work how = { work, &worked };

static struct inorder *
start(unsigned threads)
{
	struct inorder *o = inorder_new(AT_ONCE, threads, &how);

	assert_non_null(o);
	atomic_store(&worked, 0);
	assert_int_equal(inorder_start(o, "test").code, 0);
	return o;
}

static void
pieces_keep_their_order(void **state)
{
	struct piece pieces[PIECES];

	(void)state;
	for (unsigned threads = 1; threads <= THREADS_MOST; threads++) {
		struct inorder *o = start(threads);
		int taken = 0;
		for (int i = 0; i < PIECES; i++) {
			pieces[i] = (struct piece){ .number = i };
			if (inorder_count(o) == AT_ONCE)
				assert_ptr_equal(inorder_take(o), &pieces[taken++]);
			inorder_put(o, &pieces[i]);
		}
		for (struct piece *p; (p = inorder_take(o)) != NULL; taken++)
			assert_int_equal(p->number, taken);
		assert_int_equal(taken, PIECES);
		assert_int_equal(atomic_load(&worked), PIECES);
		for (int i = 0; i < PIECES; i++)
			assert_int_equal(pieces[i].times, 1);
		inorder_free(o);
	}
}

static void
what_is_done_is_known_without_waiting(void **state)
{
	struct inorder *o = start(1);
	struct piece p = { 0 };

	(void)state;
	assert_false(inorder_has(o));
	inorder_put(o, &p);
	while (!inorder_has(o))
		(void)sched_yield();
	assert_ptr_equal(inorder_take(o), &p);
	assert_false(inorder_has(o));
	assert_null(inorder_take(o));
	inorder_free(o);
}

static void
what_nobody_takes_holds_nobody_up(void **state)
{
	struct piece pieces[AT_ONCE] = { 0 };

	(void)state;
	struct inorder *o = start(2);
	for (int i = 0; i < AT_ONCE; i++)
		inorder_put(o, &pieces[i]);
	inorder_free(o);
	assert_in_range(atomic_load(&worked), 0, AT_ONCE);
	inorder_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_keep_their_order),
		cmocka_unit_test(what_is_done_is_known_without_waiting),
		cmocka_unit_test(what_nobody_takes_holds_nobody_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
