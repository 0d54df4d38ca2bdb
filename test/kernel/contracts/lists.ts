// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Rings and chains. */
export const lists: Contracts = {
  'a ring is filled at either end': `
    struct node { int n; struct list_head in; };
    -----
    LIST_HEAD(head);
    struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 }, *at;
    int digits = 0;
    CHECK(list_empty(&head));
    list_add(&b.in, &head);
    CHECK(list_is_singular(&head) && list_is_first(&b.in, &head) && list_is_last(&b.in, &head));
    list_add(&a.in, &head);
    list_add_tail(&c.in, &head);
    list_for_each_entry(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 123 && !list_empty(&head) && !list_is_singular(&head) && list_count_nodes(&head) == 3);
    list_for_each_entry_reverse(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 123321);
    CHECK(list_first_entry(&head, struct node, in) == &a && list_last_entry(&head, struct node, in) == &c);
    CHECK(list_next_entry(&a, in) == &b && list_prev_entry(&b, in) == &a && list_is_head(c.in.next, &head));`,

  'entries are taken out, moved and replaced': `
    LIST_HEAD(head);
    LIST_HEAD(other);
    struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };
    list_add_tail(&a.in, &head);
    list_add_tail(&b.in, &head);
    list_del(&a.in);
    CHECK(head.next == &b.in && head.prev == &b.in && a.in.next == LIST_POISON1 && a.in.prev == LIST_POISON2);
    list_del_init(&b.in);
    list_del_init(&b.in);
    CHECK(list_empty(&head) && list_empty(&b.in));
    list_add(&a.in, &head);
    list_move(&a.in, &other);
    CHECK(list_empty(&head) && other.next == &a.in);
    list_add(&b.in, &other);
    list_move_tail(&b.in, &other);
    CHECK(other.prev == &b.in);
    list_replace(&a.in, &c.in);
    CHECK(other.next == &c.in && c.in.next == &b.in);
    list_replace_init(&c.in, &a.in);
    CHECK(list_empty(&c.in) && other.next == &a.in);
    list_rotate_left(&other);
    CHECK(other.next == &b.in && other.prev == &a.in);
    list_del_init_careful(&a.in);
    CHECK(list_empty_careful(&a.in) && !list_empty_careful(&other));
    CHECK(list_first_entry_or_null(&other, struct node, in) == &b && !list_first_entry_or_null(&head, struct node, in));`,

  'rings are put into each other': `
    LIST_HEAD(head);
    LIST_HEAD(more);
    struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 }, *at;
    int digits = 0;
    list_add_tail(&a.in, &head);
    list_splice_tail_init(&more, &head);
    CHECK(list_count_nodes(&head) == 1);
    list_add_tail(&b.in, &more);
    list_add_tail(&c.in, &more);
    list_splice_init(&more, &head);
    CHECK(list_empty(&more));
    list_for_each_entry(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 231);
    list_splice_tail(&head, &more);
    CHECK(list_last_entry(&more, struct node, in) == &a);`,

  'a ring may lose entries while it is walked': `
    LIST_HEAD(head);
    struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 }, *at, *next;
    struct list_head *pos, *n;
    int left = 0;
    list_add_tail(&a.in, &head);
    list_add_tail(&b.in, &head);
    list_add_tail(&c.in, &head);
    list_for_each_entry_safe(at, next, &head, in)
      if (at->n != 2)
        list_del(&at->in);
    list_for_each(pos, &head)
      left += list_entry(pos, struct node, in)->n;
    CHECK(left == 2);
    list_for_each_safe(pos, n, &head)
      list_del_init(pos);
    CHECK(list_empty(&head));
    list_for_each_prev(pos, &head)
      CHECK(false);`,

  'a walk goes on from an entry': `
    LIST_HEAD(head);
    struct node a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 }, *at = &a;
    int digits = 0;
    list_add_tail(&a.in, &head);
    list_add_tail(&b.in, &head);
    list_add_tail(&c.in, &head);
    list_for_each_entry_continue(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 23 && list_entry_is_head(at, &head, in));
    at = &b;
    list_for_each_entry_from(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 2323);`,

  'a chain is filled at its head, and around its nodes': `
    struct link { int n; struct hlist_node in; };
    -----
    HLIST_HEAD(head);
    struct link a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 }, d = { .n = 4 }, *at;
    struct hlist_node *node, *n;
    int digits = 0;
    CHECK(hlist_empty(&head) && hlist_unhashed(&a.in));
    hlist_add_head(&b.in, &head);
    hlist_add_before(&a.in, &b.in);
    hlist_add_behind(&c.in, &b.in);
    hlist_for_each_entry(at, &head, in)
      digits = digits * 10 + at->n;
    CHECK(digits == 123 && !hlist_empty(&head) && !hlist_unhashed(&a.in) && !hlist_unhashed_lockless(&c.in));
    hlist_del_init(&b.in);
    hlist_del_init(&b.in);
    CHECK(hlist_unhashed(&b.in) && head.first == &a.in && a.in.next == &c.in);
    hlist_del(&a.in);
    CHECK(head.first == &c.in && a.in.pprev == LIST_POISON2);
    INIT_HLIST_NODE(&d.in);
    hlist_add_head(&d.in, &head);
    digits = 0;
    hlist_for_each_entry_safe(at, node, &head, in) {
      digits = digits * 10 + at->n;
      hlist_del_init(&at->in);
    }
    CHECK(digits == 43 && hlist_empty(&head));
    hlist_for_each(node, &head)
      CHECK(false);
    hlist_add_head(&d.in, &head);
    hlist_for_each_safe(node, n, &head)
      hlist_del(node);
    CHECK(hlist_empty(&head));
    INIT_HLIST_HEAD(&head);`,

  'an xarray stores, exchanges and gives out places': `
    static DEFINE_XARRAY_ALLOC(places);
    -----
    static int one, two, three;
    u32 id = 9;
    CHECK(xa_empty(&places) && !xa_store(&places, 3, &one, GFP_KERNEL) && xa_store(&places, 3, &two, GFP_KERNEL) == &one);
    CHECK(!xa_alloc(&places, &id, &one, xa_limit_32b, GFP_KERNEL) && id == 0 && xa_load(&places, 0) == &one);
    CHECK(!xa_alloc(&places, &id, &three, XA_LIMIT(3, 4), GFP_KERNEL) && id == 4);
    CHECK(xa_alloc(&places, &id, &three, XA_LIMIT(3, 4), GFP_KERNEL) == -EBUSY && !xa_empty(&places));
    xa_lock(&places);
    CHECK(__xa_cmpxchg(&places, 4, &one, &two, GFP_ATOMIC) == &three && __xa_cmpxchg(&places, 4, &three, &two, GFP_ATOMIC) == &three);
    CHECK(!__xa_cmpxchg(&places, 7, NULL, &one, GFP_ATOMIC) && __xa_cmpxchg(&places, 0, &one, NULL, GFP_ATOMIC) == &one);
    CHECK(xa_err(__xa_store(&places, 7, NULL, GFP_ATOMIC)) == 0);
    xa_unlock(&places);
    CHECK(xa_load(&places, 4) == &two && !xa_load(&places, 0) && !xa_load(&places, 7) && !xa_load(&places, 8));
    xa_destroy(&places);
    CHECK(xa_empty(&places) && stub_check_leaks() == 0);`,
  'nothing is stored where there is no memory': {
    c: `
    static DEFINE_XARRAY(without_memory);
    -----
    static int one;
    FAIL(kmalloc);
    CHECK(xa_err(xa_store(&without_memory, 8, &one, GFP_KERNEL)) == -ENOMEM && !xa_load(&without_memory, 8));`,
    // A kernel's own asks twice.
    over: 'own',
  },
  'an xarray gives out places if it was made for that': {
    c: `
    static DEFINE_XARRAY(plain);
    -----
    static int one;
    u32 id;
    CHECK(xa_alloc(&plain, &id, &one, xa_limit_32b, GFP_KERNEL) == -EINVAL && xa_empty(&plain));
    xa_init_flags(&plain, XA_FLAGS_ALLOC);
    CHECK(!xa_alloc(&plain, &id, &one, xa_limit_32b, GFP_KERNEL));
    xa_destroy(&plain);`,
    violations: ['warned'],
  },
  'numbers are given out from the lowest, and again once they are free': `
    #include <linux/idr.h>
    static DEFINE_IDA(handed_out);
    -----
    CHECK(ida_is_empty(&handed_out) && ida_alloc(&handed_out, GFP_KERNEL) == 0 && ida_alloc(&handed_out, GFP_KERNEL) == 1);
    CHECK(ida_alloc_min(&handed_out, 5, GFP_KERNEL) == 5 && ida_alloc_max(&handed_out, 1, GFP_KERNEL) == -ENOSPC);
    CHECK(ida_alloc_min(&handed_out, 0x80000000u, GFP_KERNEL) == -ENOSPC);
    ida_free(&handed_out, 0);
    CHECK(ida_alloc_range(&handed_out, 0, 9, GFP_KERNEL) == 0);
    ida_destroy(&handed_out);
    CHECK(ida_is_empty(&handed_out) && stub_check_leaks() == 0);`,
  'no number is given out where there is no memory': {
    c: `
    CHECK(!ida_alloc(&handed_out, GFP_KERNEL));
    FAIL(kmalloc);
    CHECK(ida_alloc(&handed_out, GFP_KERNEL) == -ENOMEM);
    ida_destroy(&handed_out);`,
    // A kernel's own needs none for the first numbers, and asks twice for others.
    over: 'own',
  },
  'a number that was not given out cannot be given back': {
    c: `
    ida_free(&handed_out, 3);`,
    violations: ['warned'],
  },
  'an xarray is walked in the order of its indices': `
    static DEFINE_XARRAY(indexed);
    -----
    static int one = 1, five = 5, nine = 9;
    unsigned long index, seen = 0;
    int *entry;
    CHECK(!xa_insert(&indexed, 5, &five, GFP_KERNEL) && !xa_insert(&indexed, 1, &one, GFP_KERNEL));
    CHECK(!xa_insert(&indexed, 9, &nine, GFP_KERNEL) && xa_insert(&indexed, 9, &one, GFP_KERNEL) == -EBUSY);
    xa_for_each(&indexed, index, entry)
      seen = seen * 10 + (index == (unsigned long)*entry ? index : 0);
    CHECK(seen == 159);
    index = 1;
    CHECK(xa_find(&indexed, &index, ULONG_MAX, XA_PRESENT) == &one && index == 1);
    CHECK(xa_find_after(&indexed, &index, ULONG_MAX, XA_PRESENT) == &five && index == 5);
    CHECK(!xa_find_after(&indexed, &index, 8, XA_PRESENT) && index == 5);
    CHECK(!xa_find_after(&indexed, &index, 5, XA_PRESENT));
    xa_lock(&indexed);
    CHECK(xa_load(&indexed, 5) == &five && !xa_load(&indexed, 6));
    xa_unlock(&indexed);
    xa_for_each(&indexed, index, entry)
      xa_erase(&indexed, index);
    CHECK(stub_check_leaks() == 0);`,
};
