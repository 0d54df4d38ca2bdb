/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

/* The first word is the lock; with the rest it is as long as a kernel's own. */
struct mutex {
	u32 word;
	u32 reserved;
	void *kernel_has_more[3];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct mutex) == 32, "mutex");
#endif

#define __MUTEX_INITIALIZER(name) { 0 }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

void mutex_init_generic(struct mutex *lock);
#define mutex_init(lock) mutex_init_generic(lock)
void mutex_lock(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
bool mutex_is_locked(struct mutex *lock);

/* No signal ever comes, but what a fault makes: -EINTR, and it is not held. */
int __must_check mutex_lock_interruptible(struct mutex *lock);
int __must_check mutex_lock_killable(struct mutex *lock);

/* Returns whether the count has gone to 0, and holds the mutex then. */
int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock);

#define mutex_destroy(lock) ((void)(lock))
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)
#define mutex_lock_nest_lock(lock, outer) mutex_lock(lock)
#define mutex_lock_interruptible_nested(lock, subclass) mutex_lock_interruptible(lock)
#define mutex_lock_killable_nested(lock, subclass) mutex_lock_killable(lock)
#define mutex_lock_io(lock) mutex_lock(lock)

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_GUARD_COND(mutex, _try, mutex_trylock(_T))
DEFINE_GUARD_COND(mutex, _intr, !mutex_lock_interruptible(_T))

#endif
