/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of the kernel's contracts are made of: see program.ts. */
#ifndef LOSTBIT_CONTRACT_H
#define LOSTBIT_CONTRACT_H

#include "kernel/cpu.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bottom_half.h>
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/pm_runtime.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <linux/version.h>

/* What older kernels have by another name, or by none. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define secs_to_jiffies(seconds) ((seconds) * HZ)
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define WQ_PERCPU 0
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define timer_delete_sync_try try_to_del_timer_sync
#define timer_container_of(variable, timer, member) from_timer(variable, timer, member)
#endif

/* Ends the test, with the number of the line, where it does not hold. */
#define CHECK(condition) do { if (!(condition)) return __LINE__; } while (0)

/* Runs a statement as another context of the same task. */
#define AS(entered, statement) do {			\
	enum stub_context before = current_task->context;	\
	current_task->context = (entered);		\
	statement;					\
	current_task->context = before;			\
} while (0)

/* The next call of it fails. */
#define FAIL(function) ({					\
	extern struct stub_fault stub_fault_##function;		\
	stub_fail_nth(&stub_fault_##function, 1);		\
})

/* Are they all zero? */
static inline bool all_zero(const void *bytes, size_t count)
{
	const u8 *at = bytes;

	while (count && !*at)
		at++, count--;
	return !count;
}

/* The task is one that has this processor for itself. */
#define ON_CPU(cpu) (current_task->number = (cpu))

/* Bodies; each returns 0, or the number of a line that does not hold. */
extern u32 (*const contract_tests[])(void);

/* Side by side: how it begins, what each actor does, and what is observed in the end. */
struct contract_race {
	void (*begin)(void);
	void (*actor)(u32 actor);
	void (*observe)(s64 *values);
};

extern const struct contract_race contract_races[];

#endif
