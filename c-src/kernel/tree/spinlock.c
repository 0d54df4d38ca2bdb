// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel's headers leave to an architecture. */
#include <linux/spinlock.h>

#include "kernel/stub.h"

bool stub_spin_is_locked(const arch_spinlock_t *lock)
{
	return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) & STUB_STATE;
}
