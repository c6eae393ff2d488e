/* SPDX-License-Identifier: BSD-2-Clause */
/* base/list: order, removal, and what removal leaves behind. */
#include "base/list.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

struct item {
	int number;
	struct list links;
};

/* Read the numbers of HEAD's items as decimal digits, forwards. */
static int
digits(struct list *head)
{
	int sum = 0;

	list_for_each (i, head)
		sum = sum * 10 + list_of(i, struct item, links)->number;
	return sum;
}

/* The same, backwards. */
static int
digits_back(struct list *head)
{
	int sum = 0;

	for (struct list *i = head->prev; i != head; i = i->prev)
		sum = sum * 10 + list_of(i, struct item, links)->number;
	return sum;
}

static void
fill(struct list *head, struct item items[static 3])
{
	list_init(head);
	for (int i = 0; i < 3; i++) {
		items[i].number = i + 1;
		list_init(&items[i].links);
		list_add_tail(head, &items[i].links);
	}
}

static void
an_empty_list_has_no_items(void **state)
{
	struct list head;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_int_equal(digits(&head), 0);
}

static void
adding_keeps_order_at_both_ends(void **state)
{
	struct list head;
	struct item items[3];
	struct item front = { .number = 9 };

	(void)state;
	fill(&head, items);
	list_add_head(&head, &front.links);
	assert_false(list_empty(&head));
	assert_int_equal(digits(&head), 9123);
	assert_int_equal(digits_back(&head), 3219);
}

static void
a_removed_item_is_on_no_list(void **state)
{
	struct list head;
	struct item items[3];

	(void)state;
	fill(&head, items);
	list_remove(&items[1].links);
	assert_true(list_empty(&items[1].links));
	assert_int_equal(digits(&head), 13);
	assert_int_equal(digits_back(&head), 31);
	list_remove(&items[1].links);
	assert_int_equal(digits(&head), 13);
	list_add_head(&head, &items[1].links);
	assert_int_equal(digits(&head), 213);
}

static void
items_may_be_removed_during_iteration(void **state)
{
	struct list head;
	struct item items[3];
	int seen = 0;

	(void)state;
	fill(&head, items);
	list_for_each (i, &head) {
		list_remove(i);
		seen++;
	}
	assert_int_equal(seen, 3);
	assert_true(list_empty(&head));
	assert_ptr_equal(head.prev, &head);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_has_no_items),
		cmocka_unit_test(adding_keeps_order_at_both_ends),
		cmocka_unit_test(a_removed_item_is_on_no_list),
		cmocka_unit_test(items_may_be_removed_during_iteration),
	};
	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
