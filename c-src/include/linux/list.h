/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists: rings through their heads, and chains from a head of one pointer. No lock of their own. */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/container_of.h>
#include <linux/types.h>

#include <asm/barrier.h>

/* What an entry that was deleted points to: addresses of no object. */
#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)

/* ---- rings ---- */

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	WRITE_ONCE(list->prev, list);
}

/* May be asked without the list's lock, where another task may fill or empty it just then. */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline void __stub_list_link(struct list_head *before, struct list_head *after)
{
	after->prev = before;
	WRITE_ONCE(before->next, after);
}

static inline void __stub_list_insert(struct list_head *entry, struct list_head *before, struct list_head *after)
{
	__stub_list_link(entry, after);
	__stub_list_link(before, entry);
}

/* Right behind the head, or behind an entry; and in front of it. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__stub_list_insert(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__stub_list_insert(entry, head->prev, head);
}

static inline void __list_del_entry(struct list_head *entry)
{
	__stub_list_link(entry->prev, entry->next);
}

/* Who deletes it twice, or goes on from it, follows a pointer to nowhere. */
static inline void list_del(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->next = LIST_POISON1;
	entry->prev = LIST_POISON2;
}

/* Leaves the entry pointing at itself, so that taking it out twice does no harm. */
static inline void list_del_init(struct list_head *entry)
{
	__list_del_entry(entry);
	INIT_LIST_HEAD(entry);
}

/* The same for an entry whose owner may look at it without the lock, by list_empty_careful(). */
static inline void list_del_init_careful(struct list_head *entry)
{
	__list_del_entry(entry);
	WRITE_ONCE(entry->prev, entry);
	smp_store_release(&entry->next, entry);
}

static inline bool list_empty_careful(const struct list_head *head)
{
	return smp_load_acquire(&head->next) == head && READ_ONCE(head->prev) == head;
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_del_entry(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_del_entry(entry);
	list_add_tail(entry, head);
}

static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	__stub_list_insert(entry, old->prev, old->next);
}

static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
	list_replace(old, entry);
	INIT_LIST_HEAD(old);
}

static inline bool list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return entry->prev == head;
}

static inline bool list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

static inline bool list_is_head(const struct list_head *entry, const struct list_head *head)
{
	return entry == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

/* All entries of @list, whose own head they leave as it is, between two of another. */
static inline void __stub_list_insert_all(const struct list_head *list, struct list_head *before,
				   struct list_head *after)
{
	if (list->next == list)
		return;
	__stub_list_link(list->prev, after);
	__stub_list_link(before, list->next);
}

static inline void list_splice(const struct list_head *list, struct list_head *head)
{
	__stub_list_insert_all(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	__stub_list_insert_all(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_next_entry(pos, member) list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_first_entry_or_null(head, type, member) ({			\
	struct list_head *__head = (head), *__first = READ_ONCE(__head->next);	\
	__first == __head ? NULL : list_entry(__first, type, member);	\
})

#define list_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

#define list_for_each_safe(pos, n, head) \
	for ((pos) = (head)->next; (n) = (pos)->next, (pos) != (head); (pos) = (n))

#define list_for_each_prev(pos, head) \
	for ((pos) = (head)->prev; (pos) != (head); (pos) = (pos)->prev)

#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry((head), __typeof__(*pos), member);		\
	     !list_entry_is_head(pos, (head), member);				\
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_reverse(pos, head, member)				\
	for (pos = list_last_entry((head), __typeof__(*pos), member);		\
	     !list_entry_is_head(pos, (head), member);				\
	     pos = list_prev_entry(pos, member))

#define list_for_each_entry_continue(pos, head, member)				\
	for (pos = list_next_entry(pos, member);				\
	     !list_entry_is_head(pos, (head), member);				\
	     pos = list_next_entry(pos, member))

#define list_for_each_entry_from(pos, head, member) \
	for (; !list_entry_is_head(pos, (head), member); pos = list_next_entry(pos, member))

/* The entry may be taken out meanwhile. */
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry((head), __typeof__(*pos), member);		\
	     n = list_next_entry(pos, member), !list_entry_is_head(pos, (head), member); \
	     pos = n)

#define list_for_each_entry_safe_reverse(pos, n, head, member)			\
	for (pos = list_last_entry((head), __typeof__(*pos), member);		\
	     n = list_prev_entry(pos, member), !list_entry_is_head(pos, (head), member); \
	     pos = n)

static inline size_t list_count_nodes(struct list_head *head)
{
	size_t count = 0;

	for (struct list_head *at = head->next; at != head; at = at->next)
		count++;
	return count;
}

/* ---- chains ---- */

#define HLIST_HEAD_INIT { NULL }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(head) ((head)->first = NULL)

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	*node = (struct hlist_node){ NULL, NULL };
}

/* It is in no chain. */
static inline bool hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

/* May be asked without the chain's lock. */
static inline bool hlist_unhashed_lockless(const struct hlist_node *node)
{
	return !READ_ONCE(node->pprev);
}

static inline bool hlist_empty(const struct hlist_head *head)
{
	return !READ_ONCE(head->first);
}

/* Where @link leads to now, the node comes in between. */
static inline void __stub_hlist_insert(struct hlist_node *node, struct hlist_node **link)
{
	struct hlist_node *after = *link;

	node->next = after;
	WRITE_ONCE(node->pprev, link);
	if (after)
		WRITE_ONCE(after->pprev, &node->next);
	WRITE_ONCE(*link, node);
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	__stub_hlist_insert(node, &head->first);
}

static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
	__stub_hlist_insert(node, next->pprev);
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *before)
{
	__stub_hlist_insert(node, &before->next);
}

static inline void __hlist_del(struct hlist_node *node)
{
	struct hlist_node *after = node->next;

	WRITE_ONCE(*node->pprev, after);
	if (after)
		WRITE_ONCE(after->pprev, node->pprev);
}

static inline void hlist_del(struct hlist_node *node)
{
	__hlist_del(node);
	node->next = LIST_POISON1;
	node->pprev = LIST_POISON2;
}

static inline void hlist_del_init(struct hlist_node *node)
{
	if (hlist_unhashed(node))
		return;
	__hlist_del(node);
	node->next = NULL;
	WRITE_ONCE(node->pprev, NULL);
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) ({				\
	__typeof__(ptr) __node = (ptr);					\
	__node ? hlist_entry(__node, type, member) : NULL;		\
})

#define hlist_for_each(pos, head) for ((pos) = (head)->first; (pos); (pos) = (pos)->next)
#define hlist_for_each_safe(pos, n, head) \
	for ((pos) = (head)->first; (pos) && ((n) = (pos)->next, true); (pos) = (n))

#define hlist_for_each_entry(pos, head, member)						\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member); pos;	\
	     pos = hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))

/* @n is a node; the entry may be taken out meanwhile. */
#define hlist_for_each_entry_safe(pos, n, head, member)					\
	for (pos = hlist_entry_safe((head)->first, __typeof__(*(pos)), member);		\
	     pos && ((n) = (pos)->member.next, true);					\
	     pos = hlist_entry_safe((n), __typeof__(*(pos)), member))

#endif
