/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/types.h>

/* A violation where the running task does not hold the lock (for writing). */
void stub_lockdep_assert_held(const void *lock, bool for_writing);
/* The same where it does. */
void stub_lockdep_assert_not_held(const void *lock);
bool stub_lockdep_is_held(const void *lock);

#define lockdep_is_held(lock) stub_lockdep_is_held(lock)

#define lockdep_assert_held(lock) stub_lockdep_assert_held((lock), false)
#define lockdep_assert_held_write(lock) stub_lockdep_assert_held((lock), true)
#define lockdep_assert_held_read(lock) stub_lockdep_assert_held((lock), false)
#define lockdep_assert_held_once(lock) stub_lockdep_assert_held((lock), false)
#define lockdep_assert_not_held(lock) stub_lockdep_assert_not_held(lock)
#define lockdep_assert(condition) ((void)WARN_ON(!(condition)))
#define lockdep_assert_irqs_disabled() lockdep_assert(irqs_disabled())
#define lockdep_assert_irqs_enabled() lockdep_assert(!irqs_disabled())
#define lockdep_assert_in_softirq() lockdep_assert(in_softirq() && !in_hardirq())

/* Locks are told apart by their addresses, so that classes mean nothing. */
struct lock_class_key {
	u8 unused;
};

#define lockdep_set_class(lock, key) ((void)(lock), (void)(key))
#define lockdep_set_class_and_name(lock, key, name) lockdep_set_class(lock, key)
#define lockdep_register_key(key) ((void)(key))
#define lockdep_unregister_key(key) ((void)(key))

#endif
