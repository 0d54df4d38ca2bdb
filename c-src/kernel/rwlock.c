// SPDX-License-Identifier: GPL-2.0-only
/* Spinlocks that readers share. */
#include <linux/spinlock.h>

#include <linux/bottom_half.h>
#include <linux/irqflags.h>

#include "kernel/lock.h"

static const struct access BY_READER = { STUB_SPIN_READ, WRITER, READER };
static const struct access BY_WRITER = { STUB_SPIN_WRITE, STUB_STATE, WRITER };

void _raw_read_lock(rwlock_t *lock)
{
	take(stub_word(lock), &BY_READER);
}

int _raw_read_trylock(rwlock_t *lock)
{
	return try_take(stub_word(lock), &BY_READER);
}

void _raw_read_unlock(rwlock_t *lock)
{
	give(stub_word(lock), &BY_READER);
}

void _raw_read_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	_raw_read_lock(lock);
}

void _raw_read_unlock_irq(rwlock_t *lock)
{
	_raw_read_unlock(lock);
	local_irq_enable();
}

void _raw_read_lock_bh(rwlock_t *lock)
{
	local_bh_disable();
	_raw_read_lock(lock);
}

void _raw_read_unlock_bh(rwlock_t *lock)
{
	_raw_read_unlock(lock);
	local_bh_enable();
}

unsigned long _raw_read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	_raw_read_lock(lock);
	return flags;
}

void _raw_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	_raw_read_unlock(lock);
	local_irq_restore(flags);
}

void _raw_write_lock(rwlock_t *lock)
{
	take(stub_word(lock), &BY_WRITER);
}

int _raw_write_trylock(rwlock_t *lock)
{
	return try_take(stub_word(lock), &BY_WRITER);
}

void _raw_write_unlock(rwlock_t *lock)
{
	give(stub_word(lock), &BY_WRITER);
}

void _raw_write_lock_irq(rwlock_t *lock)
{
	local_irq_disable();
	_raw_write_lock(lock);
}

void _raw_write_unlock_irq(rwlock_t *lock)
{
	_raw_write_unlock(lock);
	local_irq_enable();
}

void _raw_write_lock_bh(rwlock_t *lock)
{
	local_bh_disable();
	_raw_write_lock(lock);
}

void _raw_write_unlock_bh(rwlock_t *lock)
{
	_raw_write_unlock(lock);
	local_bh_enable();
}

unsigned long _raw_write_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	_raw_write_lock(lock);
	return flags;
}

void _raw_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	_raw_write_unlock(lock);
	local_irq_restore(flags);
}
