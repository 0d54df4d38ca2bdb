/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_LOCKDEP_H
#define _LINUX_LOCKDEP_H

#include <linux/types.h>

/* A violation where the running task does not hold the lock (for writing). */
void lockdep_check(const void *lock, bool for_writing);

#define lockdep_assert_held(lock) lockdep_check((lock), false)
#define lockdep_assert_held_write(lock) lockdep_check((lock), true)

#endif
