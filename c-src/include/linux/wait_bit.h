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

struct wait_bit_queue_entry {
	struct wait_bit_key key;
	struct wait_queue_entry wq_entry;
};

wait_queue_head_t *bit_waitqueue(unsigned long *word, int bit);
wait_queue_head_t *__var_waitqueue(void *variable);

/* What a task does that would have to wait: sleeps, for some time; -EINTR where a signal has come, -EAGAIN where the time is over. */
typedef int wait_bit_action_f(struct wait_bit_key *key, int mode);
int bit_wait(struct wait_bit_key *key, int mode);
int bit_wait_timeout(struct wait_bit_key *key, int mode);

/* Wakes whom the key is for, and of a bit only while it is clear. */
int wake_bit_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
void init_wait_var_entry(struct wait_bit_queue_entry *entry, void *variable, int flags);

/* ---- variables ---- */

#define __stub_wait_var_event(variable, condition, state, sleep) ({				\
	void *__var = (variable);								\
												\
	might_sleep();										\
	(condition) ? 0 : ({									\
		struct wait_bit_queue_entry __wait;						\
												\
		init_wait_var_entry(&__wait, __var, 0);						\
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

int out_of_line_wait_on_bit(unsigned long *word, int bit, wait_bit_action_f *action, unsigned int mode);
int out_of_line_wait_on_bit_timeout(unsigned long *word, int bit, wait_bit_action_f *action, unsigned int mode,
				    unsigned long timeout);
int out_of_line_wait_on_bit_lock(unsigned long *word, int bit, wait_bit_action_f *action, unsigned int mode);
int __wait_on_bit(wait_queue_head_t *wq, struct wait_bit_queue_entry *entry, wait_bit_action_f *action, unsigned int mode);
int __wait_on_bit_lock(wait_queue_head_t *wq, struct wait_bit_queue_entry *entry, wait_bit_action_f *action,
		       unsigned int mode);

/* Until the bit is clear; -EINTR where a signal comes first, */
static inline int wait_on_bit(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	return test_bit_acquire(bit, word) ? out_of_line_wait_on_bit(word, bit, bit_wait, state) : 0;
}

/* -EAGAIN where the time is over, */
static inline int wait_on_bit_timeout(unsigned long *word, int bit, unsigned int state, unsigned long timeout)
{
	might_sleep();
	return test_bit_acquire(bit, word) ? out_of_line_wait_on_bit_timeout(word, bit, bit_wait_timeout, state, timeout) : 0;
}

/* ... and set it then, in one step. */
static inline int wait_on_bit_lock(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	return test_and_set_bit_lock(bit, word) ? out_of_line_wait_on_bit_lock(word, bit, bit_wait, state) : 0;
}

#define wait_on_bit_io(word, bit, state) wait_on_bit(word, bit, state)
#define wait_on_bit_lock_io(word, bit, state) wait_on_bit_lock(word, bit, state)

/* Who clears the bit makes a full barrier before. */
void wake_up_bit(unsigned long *word, int bit);
void __wake_up_bit(wait_queue_head_t *wq, unsigned long *word, int bit);

static inline void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	clear_bit_unlock(bit, word);
	smp_mb__after_atomic();
	wake_up_bit(word, bit);
}

#endif
