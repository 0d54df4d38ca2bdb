/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Without CONFIG_LOCKDEP the kernel's header checks nothing, and with it every lock would carry a map. The stub kernel knows
 * who holds which lock, so that what drivers assert is asked of it.
 */
#ifndef _STUB_LINUX_LOCKDEP_H
#define _STUB_LINUX_LOCKDEP_H

#include_next <linux/lockdep.h>

#include <linux/bug.h>

/* A violation where the running task does not hold the lock (for writing). */
void stub_lockdep_assert_held(const void *lock, bool for_writing);
/* The same where it does. */
void stub_lockdep_assert_not_held(const void *lock);
bool stub_lockdep_is_held(const void *lock);

#undef lockdep_assert_held
#define lockdep_assert_held(lock) stub_lockdep_assert_held((lock), false)
#undef lockdep_assert_held_write
#define lockdep_assert_held_write(lock) stub_lockdep_assert_held((lock), true)
#undef lockdep_assert_held_read
#define lockdep_assert_held_read(lock) stub_lockdep_assert_held((lock), false)
#undef lockdep_assert_held_once
#define lockdep_assert_held_once(lock) stub_lockdep_assert_held((lock), false)
#undef lockdep_assert_not_held
#define lockdep_assert_not_held(lock) stub_lockdep_assert_not_held(lock)

#define lockdep_is_held(lock) stub_lockdep_is_held(lock)
#undef lockdep_is_held_type
#define lockdep_is_held_type(lock, reading) stub_lockdep_is_held(lock)

#undef lockdep_assert
#define lockdep_assert(condition) ((void)WARN_ON(!(condition)))
#undef lockdep_assert_once
#define lockdep_assert_once(condition) lockdep_assert(condition)

#undef lockdep_assert_irqs_disabled
#define lockdep_assert_irqs_disabled() lockdep_assert(irqs_disabled())
#undef lockdep_assert_irqs_enabled
#define lockdep_assert_irqs_enabled() lockdep_assert(!irqs_disabled())
#undef lockdep_assert_in_softirq
#define lockdep_assert_in_softirq() lockdep_assert(in_softirq() && !in_hardirq())

#endif
