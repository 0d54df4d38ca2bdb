/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks that are spun on, and that readers share; <linux/spinlock.h> brings them along. */
#ifndef _LINUX_RWLOCK_H
#define _LINUX_RWLOCK_H

#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/types.h>

typedef struct {
	u32 word;
	u32 reserved;
} rwlock_t;

_Static_assert(sizeof(rwlock_t) == 8, "rwlock");

#define __RW_LOCK_UNLOCKED(name) { 0 }
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

void _raw_read_lock(rwlock_t *lock);
int _raw_read_trylock(rwlock_t *lock);
void _raw_read_unlock(rwlock_t *lock);
void _raw_read_lock_irq(rwlock_t *lock);
void _raw_read_unlock_irq(rwlock_t *lock);
void _raw_read_lock_bh(rwlock_t *lock);
void _raw_read_unlock_bh(rwlock_t *lock);
unsigned long _raw_read_lock_irqsave(rwlock_t *lock);
void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags);

void _raw_write_lock(rwlock_t *lock);
int _raw_write_trylock(rwlock_t *lock);
void _raw_write_unlock(rwlock_t *lock);
void _raw_write_lock_irq(rwlock_t *lock);
void _raw_write_unlock_irq(rwlock_t *lock);
void _raw_write_lock_bh(rwlock_t *lock);
void _raw_write_unlock_bh(rwlock_t *lock);
unsigned long _raw_write_lock_irqsave(rwlock_t *lock);
void _raw_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags);

#define rwlock_init(lock) ((lock)->word = 0)

#define read_lock(lock) _raw_read_lock(lock)
#define read_trylock(lock) _raw_read_trylock(lock)
#define read_unlock(lock) _raw_read_unlock(lock)
#define read_lock_irq(lock) _raw_read_lock_irq(lock)
#define read_unlock_irq(lock) _raw_read_unlock_irq(lock)
#define read_lock_bh(lock) _raw_read_lock_bh(lock)
#define read_unlock_bh(lock) _raw_read_unlock_bh(lock)
#define read_lock_irqsave(lock, flags) ((flags) = _raw_read_lock_irqsave(lock))
#define read_unlock_irqrestore(lock, flags) _raw_read_unlock_irqrestore((lock), (flags))

#define write_lock(lock) _raw_write_lock(lock)
#define write_trylock(lock) _raw_write_trylock(lock)
#define write_unlock(lock) _raw_write_unlock(lock)
#define write_lock_irq(lock) _raw_write_lock_irq(lock)
#define write_unlock_irq(lock) _raw_write_unlock_irq(lock)
#define write_lock_bh(lock) _raw_write_lock_bh(lock)
#define write_unlock_bh(lock) _raw_write_unlock_bh(lock)
#define write_lock_irqsave(lock, flags) ((flags) = _raw_write_lock_irqsave(lock))
#define write_trylock_irqsave(lock, flags) ({		\
	int __taken;					\
							\
	local_irq_save(flags);				\
	__taken = write_trylock(lock);			\
	if (!__taken)					\
		local_irq_restore(flags);		\
	__taken;					\
})
#define write_unlock_irqrestore(lock, flags) _raw_write_unlock_irqrestore((lock), (flags))
#define write_lock_nested(lock, subclass) write_lock(lock)

#define __STUB_RWLOCK_GUARDS(side)								\
	DEFINE_LOCK_GUARD_1(side##_lock, rwlock_t, side##_lock(_T->lock), side##_unlock(_T->lock))	\
	DEFINE_LOCK_GUARD_1(side##_lock_irq, rwlock_t, side##_lock_irq(_T->lock),		\
			    side##_unlock_irq(_T->lock))					\
	DEFINE_LOCK_GUARD_1(side##_lock_irqsave, rwlock_t, side##_lock_irqsave(_T->lock, _T->flags),	\
			    side##_unlock_irqrestore(_T->lock, _T->flags), unsigned long flags)

__STUB_RWLOCK_GUARDS(read)
__STUB_RWLOCK_GUARDS(write)

#endif
