/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a bit of a word, or for what is known of a variable: all of them in one queue of the machine. */
#ifndef _LINUX_WAIT_BIT_H
#define _LINUX_WAIT_BIT_H

#include <linux/bitops.h>
#include <linux/wait.h>

/* What a task waits for, and what is waked for: the bit of the word at an address, or a variable there. */
struct wait_bit_key {
	unsigned long *flags;
	int bit_nr;
	unsigned long timeout;
};

#define __STUB_NO_BIT (-1)

struct wait_bit_queue_entry {
	struct wait_bit_key key;
	struct wait_queue_entry wq_entry;
};

wait_queue_head_t *bit_waitqueue(void *word, int bit);
wait_queue_head_t *__var_waitqueue(void *variable);

/* Wake whom the key is for, and of a bit only while it is clear. */
int wake_bit_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
int __stub_wake_var_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);

#define __STUB_DEFINE_WAIT_KEY(name, function, address, bit, how)			\
	struct wait_bit_queue_entry name = {						\
		.key = { .flags = (void *)(address), .bit_nr = (bit) },			\
		.wq_entry = { .flags = (how), .private = current, .func = (function),	\
			      .entry = LIST_HEAD_INIT((name).wq_entry.entry) },		\
	}

/* ---- variables ---- */

#define __stub_wait_var_event(variable, condition, state, sleep) ({				\
	void *__var = (variable);								\
												\
	might_sleep();										\
	(condition) ? 0 : ({									\
		__STUB_DEFINE_WAIT_KEY(__wait, __stub_wake_var_function, __var, __STUB_NO_BIT, 0);	\
												\
		__stub_wait_loop(*__var_waitqueue(__var), &__wait.wq_entry, condition, state, sleep);	\
	});											\
})

#define wait_var_event(variable, condition) \
	((void)__stub_wait_var_event(variable, condition, TASK_UNINTERRUPTIBLE, schedule()))
#define wait_var_event_interruptible(variable, condition) \
	__stub_wait_var_event(variable, condition, TASK_INTERRUPTIBLE, schedule())
#define wait_var_event_killable(variable, condition) \
	__stub_wait_var_event(variable, condition, TASK_KILLABLE, schedule())
/* As wait_event_timeout(). */
#define wait_var_event_timeout(variable, condition, timeout) ({					\
	long __left = (long)(timeout);								\
	bool __holds;										\
												\
	__stub_wait_var_event(variable, ((__holds = (condition)) || !__left),			\
			      TASK_UNINTERRUPTIBLE, __left = schedule_timeout(__left));		\
	__left ? __left : __holds;								\
})

/* Who changes the variable makes a full barrier before. */
void wake_up_var(void *variable);

/* ---- bits ---- */

int __stub_wait_on_bit(unsigned long *word, int bit, unsigned int state, bool timed, unsigned long timeout);
int __stub_wait_on_bit_lock(unsigned long *word, int bit, unsigned int state);

/* Until the bit is clear; -EINTR where a signal comes first, */
static inline int wait_on_bit(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	return test_bit_acquire(bit, word) ? __stub_wait_on_bit(word, bit, state, false, 0) : 0;
}

/* -EAGAIN where the time is over, */
static inline int wait_on_bit_timeout(unsigned long *word, int bit, unsigned int state, unsigned long timeout)
{
	might_sleep();
	return test_bit_acquire(bit, word) ? __stub_wait_on_bit(word, bit, state, true, timeout) : 0;
}

/* ... and set it then, in one step. */
static inline int wait_on_bit_lock(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	return test_and_set_bit_lock(bit, word) ? __stub_wait_on_bit_lock(word, bit, state) : 0;
}

#define wait_on_bit_io(word, bit, state) wait_on_bit(word, bit, state)
#define wait_on_bit_lock_io(word, bit, state) wait_on_bit_lock(word, bit, state)

/* Who clears the bit makes a full barrier before. */
void wake_up_bit(void *word, int bit);

static inline void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	clear_bit_unlock(bit, word);
	smp_mb__after_atomic();
	wake_up_bit(word, bit);
}

#endif
