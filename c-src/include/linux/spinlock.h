/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/bottom_half.h>
#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/types.h>

#include <asm/barrier.h>

typedef struct raw_spinlock {
	u32 word;
} raw_spinlock_t;

typedef struct spinlock {
	struct raw_spinlock rlock;
} spinlock_t;

_Static_assert(sizeof(spinlock_t) == 4, "spinlock");

#define __RAW_SPIN_LOCK_UNLOCKED(name) { 0 }
#define __SPIN_LOCK_UNLOCKED(name) { { 0 } }
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

void _raw_spin_lock(raw_spinlock_t *lock);
int _raw_spin_trylock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);
void _raw_spin_lock_irq(raw_spinlock_t *lock);
void _raw_spin_unlock_irq(raw_spinlock_t *lock);
void _raw_spin_lock_bh(raw_spinlock_t *lock);
int _raw_spin_trylock_bh(raw_spinlock_t *lock);
void _raw_spin_unlock_bh(raw_spinlock_t *lock);
unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock);
void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags);
/* A violation where nobody holds it. */
void __stub_assert_locked(const void *lock);

/* By whomever. */
static inline int raw_spin_is_locked(const raw_spinlock_t *lock)
{
	return (READ_ONCE(lock->word) & 0xffffu) != 0;
}

static inline int raw_spin_trylock_irq(raw_spinlock_t *lock)
{
	local_irq_disable();
	if (_raw_spin_trylock(lock))
		return 1;
	local_irq_enable();
	return 0;
}

static inline int __stub_spin_trylock_irqsave(raw_spinlock_t *lock, unsigned long *flags)
{
	local_irq_save(*flags);
	if (_raw_spin_trylock(lock))
		return 1;
	local_irq_restore(*flags);
	return 0;
}

#define assert_raw_spin_locked(lock) __stub_assert_locked(lock)

#define raw_spin_lock_init(lock) ((lock)->word = 0)
#define raw_spin_lock(lock) _raw_spin_lock(lock)
#define raw_spin_trylock(lock) _raw_spin_trylock(lock)
#define raw_spin_unlock(lock) _raw_spin_unlock(lock)
#define raw_spin_lock_irq(lock) _raw_spin_lock_irq(lock)
#define raw_spin_unlock_irq(lock) _raw_spin_unlock_irq(lock)
#define raw_spin_lock_bh(lock) _raw_spin_lock_bh(lock)
#define raw_spin_trylock_bh(lock) _raw_spin_trylock_bh(lock)
#define raw_spin_unlock_bh(lock) _raw_spin_unlock_bh(lock)
#define raw_spin_lock_irqsave(lock, flags) ((flags) = _raw_spin_lock_irqsave(lock))
#define raw_spin_trylock_irqsave(lock, flags) __stub_spin_trylock_irqsave((lock), &(flags))
#define raw_spin_unlock_irqrestore(lock, flags) _raw_spin_unlock_irqrestore((lock), (flags))
#define raw_spin_lock_nested(lock, subclass) raw_spin_lock(lock)
#define raw_spin_lock_irqsave_nested(lock, flags, subclass) raw_spin_lock_irqsave(lock, flags)

#define spin_lock_init(lock) raw_spin_lock_init(&(lock)->rlock)
#define spin_lock(lock) raw_spin_lock(&(lock)->rlock)
#define spin_trylock(lock) raw_spin_trylock(&(lock)->rlock)
#define spin_unlock(lock) raw_spin_unlock(&(lock)->rlock)
#define spin_lock_irq(lock) raw_spin_lock_irq(&(lock)->rlock)
#define spin_trylock_irq(lock) raw_spin_trylock_irq(&(lock)->rlock)
#define spin_unlock_irq(lock) raw_spin_unlock_irq(&(lock)->rlock)
#define spin_lock_bh(lock) raw_spin_lock_bh(&(lock)->rlock)
#define spin_trylock_bh(lock) raw_spin_trylock_bh(&(lock)->rlock)
#define spin_unlock_bh(lock) raw_spin_unlock_bh(&(lock)->rlock)
#define spin_lock_irqsave(lock, flags) raw_spin_lock_irqsave(&(lock)->rlock, flags)
#define spin_trylock_irqsave(lock, flags) raw_spin_trylock_irqsave(&(lock)->rlock, flags)
#define spin_unlock_irqrestore(lock, flags) raw_spin_unlock_irqrestore(&(lock)->rlock, flags)
#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_bh_nested(lock, subclass) spin_lock_bh(lock)
#define spin_lock_irqsave_nested(lock, flags, subclass) spin_lock_irqsave(lock, flags)
#define spin_is_locked(lock) raw_spin_is_locked(&(lock)->rlock)
#define assert_spin_locked(lock) assert_raw_spin_locked(&(lock)->rlock)

/* Returns whether the count has gone to 0, and holds the lock then. */
int _atomic_dec_and_lock(atomic_t *count, spinlock_t *lock);
int _atomic_dec_and_lock_irqsave(atomic_t *count, spinlock_t *lock, unsigned long *flags);

#define atomic_dec_and_lock(count, lock) _atomic_dec_and_lock((count), (lock))
#define atomic_dec_and_lock_irqsave(count, lock, flags) \
	_atomic_dec_and_lock_irqsave((count), (lock), &(flags))

#define __STUB_SPINLOCK_GUARDS(name, type, prefix)						\
	DEFINE_LOCK_GUARD_1(name, type, prefix##_lock(_T->lock), prefix##_unlock(_T->lock))	\
	DEFINE_LOCK_GUARD_1_COND(name, _try, prefix##_trylock(_T->lock))			\
	DEFINE_LOCK_GUARD_1(name##_irq, type, prefix##_lock_irq(_T->lock), prefix##_unlock_irq(_T->lock))	\
	DEFINE_LOCK_GUARD_1_COND(name##_irq, _try, prefix##_trylock_irq(_T->lock))		\
	DEFINE_LOCK_GUARD_1(name##_bh, type, prefix##_lock_bh(_T->lock), prefix##_unlock_bh(_T->lock))	\
	DEFINE_LOCK_GUARD_1_COND(name##_bh, _try, prefix##_trylock_bh(_T->lock))		\
	DEFINE_LOCK_GUARD_1(name##_irqsave, type, prefix##_lock_irqsave(_T->lock, _T->flags),	\
			    prefix##_unlock_irqrestore(_T->lock, _T->flags), unsigned long flags)	\
	DEFINE_LOCK_GUARD_1_COND(name##_irqsave, _try, prefix##_trylock_irqsave(_T->lock, _T->flags))

__STUB_SPINLOCK_GUARDS(spinlock, spinlock_t, spin)
__STUB_SPINLOCK_GUARDS(raw_spinlock, raw_spinlock_t, raw_spin)

#include <linux/rwlock.h>

#endif
