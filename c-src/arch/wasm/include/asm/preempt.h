/* SPDX-License-Identifier: GPL-2.0-only */
/* How deep the running task is in what may not be interrupted; the stub kernel counts. */
#ifndef _ASM_PREEMPT_H
#define _ASM_PREEMPT_H

#include <linux/compiler.h>

#define PREEMPT_ENABLED 0

void stub_preempt_count_add(int by);
void stub_preempt_count_sub(int by);
int stub_preempt_count(void);

#define preempt_count() stub_preempt_count()

static __always_inline void __preempt_count_add(int by)
{
	stub_preempt_count_add(by);
}

static __always_inline void __preempt_count_sub(int by)
{
	stub_preempt_count_sub(by);
}

static __always_inline int __preempt_count_add_return(int by)
{
	stub_preempt_count_add(by);
	return stub_preempt_count();
}

static __always_inline int __preempt_count_sub_return(int by)
{
	stub_preempt_count_sub(by);
	return stub_preempt_count();
}

/* Nobody asks for a task's turn: others are other threads. */
static __always_inline bool __preempt_count_dec_and_test(void)
{
	stub_preempt_count_sub(1);
	return false;
}

static __always_inline bool should_resched(int offset)
{
	return false;
}

static __always_inline bool test_preempt_need_resched(void)
{
	return false;
}

static __always_inline void set_preempt_need_resched(void)
{
}

static __always_inline void clear_preempt_need_resched(void)
{
}

#endif
