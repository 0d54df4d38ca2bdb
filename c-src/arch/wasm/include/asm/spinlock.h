/* SPDX-License-Identifier: GPL-2.0-only */
/* Below the kernel's _raw_spin_lock() and the like, which are functions of the stub kernel: no header calls these. */
#ifndef _ASM_SPINLOCK_H
#define _ASM_SPINLOCK_H

#include <linux/types.h>

#include <asm/spinlock_types.h>

/* By whomever. */
bool stub_spin_is_locked(const arch_spinlock_t *lock);

#define arch_spin_is_locked(lock) stub_spin_is_locked(lock)
#define arch_spin_is_contended(lock) ((void)(lock), 0)

/* A lock taken and released is one that the stub kernel knows of: nobody goes past its functions. */
void arch_spin_lock(arch_spinlock_t *lock);
int arch_spin_trylock(arch_spinlock_t *lock);
void arch_spin_unlock(arch_spinlock_t *lock);
void arch_read_lock(arch_rwlock_t *lock);
int arch_read_trylock(arch_rwlock_t *lock);
void arch_read_unlock(arch_rwlock_t *lock);
void arch_write_lock(arch_rwlock_t *lock);
int arch_write_trylock(arch_rwlock_t *lock);
void arch_write_unlock(arch_rwlock_t *lock);

#endif
