/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for a bit of a word, or for what is known of a variable: all of them in one queue of the machine. */
#ifndef _LINUX_WAIT_BIT_H
#define _LINUX_WAIT_BIT_H

#include <linux/bitops.h>
#include <linux/wait.h>

wait_queue_head_t *__var_waitqueue(void *variable);

#define wait_var_event(variable, condition) wait_event(*__var_waitqueue(variable), condition)
#define wait_var_event_killable(variable, condition) wait_event_killable(*__var_waitqueue(variable), condition)
#define wait_var_event_timeout(variable, condition, timeout) \
	wait_event_timeout(*__var_waitqueue(variable), condition, timeout)
/* Who changes the variable makes a full barrier before. */
#define wake_up_var(variable) wake_up_all(__var_waitqueue(variable))

/* Until the bit is clear, */
static inline int wait_on_bit(unsigned long *word, int bit, unsigned int state)
{
	return __wait_event(*__var_waitqueue(word), !test_bit_acquire(bit, word), state, 0, schedule());
}

static inline int wait_on_bit_timeout(unsigned long *word, int bit, unsigned int state, unsigned long timeout)
{
	long left = __wait_event_timeout(*__var_waitqueue(word), !test_bit_acquire(bit, word), state, timeout);

	return left < 0 ? (int)left : left ? 0 : -EAGAIN;
}

/* ... and set it then, in one step. */
static inline int wait_on_bit_lock(unsigned long *word, int bit, unsigned int state)
{
	return __wait_event(*__var_waitqueue(word), !test_and_set_bit_lock(bit, word), state, WQ_FLAG_EXCLUSIVE,
			    schedule());
}

#define wait_on_bit_io(word, bit, state) wait_on_bit(word, bit, state)

/* Who clears the bit makes a full barrier before. */
#define wake_up_bit(word, bit) ((void)(bit), wake_up_all(__var_waitqueue(word)))

static inline void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	clear_bit_unlock(bit, word);
	smp_mb__after_atomic();
	wake_up_bit(word, bit);
}

#endif
