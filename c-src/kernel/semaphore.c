// SPDX-License-Identifier: GPL-2.0-only
/* Counting semaphores. Nobody holds one: whoever likes may give it back. */
#include <linux/semaphore.h>

#include <linux/errno.h>

#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(down_interruptible);

void down(struct semaphore *sem)
{
	stub_might_sleep(sem);
	stub_wait(&sem->count, STUB_EMPTY, STUB_ONE);
}

int down_interruptible(struct semaphore *sem)
{
	if (stub_should_fail(down_interruptible))
		return -EINTR;
	down(sem);
	return 0;
}

int down_killable(struct semaphore *sem)
{
	return down_interruptible(sem);
}

int down_trylock(struct semaphore *sem)
{
	return !stub_try_acquire(&sem->count, STUB_EMPTY, STUB_ONE);
}

void up(struct semaphore *sem)
{
	stub_release(&sem->count, STUB_ONE);
}
