/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of batches read ahead: every entry once, in its order, however many workers prepare. */
#include "run/ahead.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	ENTRIES = 3000,
	WORKERS_MOST = 4,
	SLOTS = 7,
};

/* A walk over numbers. */
struct numbers {
	struct ahead *ahead;
	struct node *base;
	struct nodes *nodes;
	int next;
	int end;
	bool waits;
	atomic_int prepared;
};

static void
finish_nothing(struct node *n, struct err why, void *worker)
{
	(void)n;
	(void)why;
	(void)worker;
}

static enum ahead_listed
list_number(void *arg, struct worker *w, struct pack_item *item)
{
	struct numbers *n = arg;
	char name[16];

	(void)w;
	if (n->next == n->end)
		return LISTED_END;
	(void)snprintf(name, sizeof name, "%d", n->next++);
	struct entry e = { .dir = n->base, .src_name = name, .name = name };
	assert_int_equal(pack_item_set(item, &e).code, 0);
	return LISTED_ITEM;
}

static bool
would_wait(void *arg)
{
	return ((struct numbers *)arg)->waits;
}

static void
prepare_numbers(void *arg, struct worker *w, struct pack_batch *b)
{
	struct numbers *n = arg;

	(void)w;
	assert_true(b->n > 0);
	for (size_t i = 0; i < b->n; i++)
		b->items[i].len = strlen(b->items[i].entry.name);
	atomic_fetch_add(&n->prepared, (int)b->n);
}

static struct run run;
static struct worker worker = { .run = &run };

static void *
work(void *arg)
{
	ahead_work(((struct numbers *)arg)->ahead, &worker);
	return NULL;
}

/* Take at least LIMIT, as batches go, of ENTRIES entries that WORKERS prepare; what was taken is returned. */
static int
take(struct numbers *n, int workers, int limit)
{
	const struct ahead_ops ops = { list_number, would_wait, prepare_numbers, n };
	pthread_t threads[WORKERS_MOST];
	int taken = 0;

	run.nodes = n->nodes = nodes_new(8, finish_nothing);
	n->base = node_new_base(n->nodes, -1, -1, NULL);
	n->end = ENTRIES;
	n->ahead = ahead_new(SLOTS, &ops);
	for (int i = 0; i < workers; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, n), 0);
	for (struct pack_batch *b; taken < limit && (b = ahead_next(n->ahead)) != NULL;) {
		assert_true(b->n == 1 || !n->waits);
		for (size_t i = 0; i < b->n; i++, taken++) {
			assert_int_equal(strtol(b->items[i].entry.name, NULL, 10), taken);
			assert_int_equal(b->items[i].len, strlen(b->items[i].entry.name));
		}
		ahead_done(n->ahead, &worker);
	}
	ahead_stop(n->ahead);
	for (int i = 0; i < workers; i++)
		pthread_join(threads[i], NULL);
	ahead_free(n->ahead, &worker);
	assert_int_equal(atomic_load(&n->base->work), 1);
	nodes_drop_work(n->nodes, n->base, &worker);
	nodes_free(n->nodes);
	return taken;
}

static void
every_entry_comes_in_its_order(void **state)
{
	(void)state;
	for (int workers = 1; workers <= WORKERS_MOST; workers++) {
		for (int waits = 0; waits < 2; waits++) {
			struct numbers n = { .waits = waits != 0 };
			assert_int_equal(take(&n, workers, ENTRIES + 1), ENTRIES);
			assert_int_equal(atomic_load(&n.prepared), ENTRIES);
		}
	}
}

static void
nobody_runs_further_ahead_than_the_ring(void **state)
{
	struct numbers n = { 0 };

	(void)state;
	int taken = take(&n, 2, 100);
	assert_in_range(taken, 100, 99 + PACK_BATCH);
	assert_true(n.next <= taken + SLOTS * PACK_BATCH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_comes_in_its_order),
		cmocka_unit_test(nobody_runs_further_ahead_than_the_ring),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
