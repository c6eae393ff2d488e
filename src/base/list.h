/* SPDX-License-Identifier: BSD-2-Clause */
/* An intrusive list: items carry their own links, so that putting one on a list cannot fail. */
#ifndef DECANT_LIST_H
#define DECANT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The links of one item, embedded in it, or the head of a list, which stands by itself.  A ring:
 * an item on no list and the head of an empty one point at themselves.  Lists own nothing and hold
 * no lock: one thread at a time.
 */
struct list {
	struct list *prev; /* the item before; of the head: the last; never NULL */
	struct list *next; /* the item after; of the head: the first; never NULL */
};

/* Prepare ITEM, a head or the links of an item; forgets where it was.  Never fails. */
static inline void
list_init(struct list *item)
{
	item->prev = item;
	item->next = item;
}

/* True when HEAD's list has no items, and of an item: when it is on no list. */
static inline bool
list_empty(const struct list *head)
{
	return head->next == head;
}

/* Put ITEM, which is on no list, right after PREV, an item or a head.  Never fails. */
static inline void
list_add_after(struct list *prev, struct list *item)
{
	item->prev = prev;
	item->next = prev->next;
	prev->next->prev = item;
	prev->next = item;
}

/* Put ITEM, which is on no list, first on HEAD's list.  Never fails. */
static inline void
list_add_head(struct list *head, struct list *item)
{
	list_add_after(head, item);
}

/* Put ITEM, which is on no list, last on HEAD's list.  Never fails. */
static inline void
list_add_tail(struct list *head, struct list *item)
{
	list_add_after(head->prev, item);
}

/* Take ITEM off its list; harmless when it is on none.  It is left prepared.  Never fails. */
static inline void
list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

/* The TYPE that holds *ITEM as its MEMBER; borrowed. */
#define list_of(item, type, member) ((type *)(void *)((char *)(item)-offsetof(type, member)))

/* For each ITEM (declared here, struct list *) from first to last; ITEM itself may be removed. */
/* NOLINTBEGIN(bugprone-macro-parentheses): ITEM is a name to declare, not an expression */
#define list_for_each(item, head)                                                         \
	for (struct list *item = (head)->next, *item##_next = item->next; item != (head); \
	     item = item##_next, item##_next = item->next)
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
