// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of all who wait for a bit or a variable: a kernel has many, by a hash of the address. Each entry has a key, and a
 * wake-up for another one passes it by.
 */
#include <linux/wait_bit.h>

#include <linux/errno.h>
#include <linux/jiffies.h>

#include "kernel/stub.h"

static __machine DECLARE_WAIT_QUEUE_HEAD(queue);

wait_queue_head_t *bit_waitqueue(void *word, int bit)
{
	(void)word, (void)bit;
	return &queue;
}

wait_queue_head_t *__var_waitqueue(void *variable)
{
	return bit_waitqueue(variable, __STUB_NO_BIT);
}

static bool is_meant(const wait_queue_entry_t *entry, const struct wait_bit_key *key)
{
	const struct wait_bit_key *own = &container_of(entry, struct wait_bit_queue_entry, wq_entry)->key;

	return own->flags == key->flags && own->bit_nr == key->bit_nr;
}

/* One who waits for a bit that is set again sleeps on. */
int wake_bit_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	const struct wait_bit_key *woken = key;

	if (!is_meant(entry, woken) || test_bit((unsigned long)woken->bit_nr, woken->flags))
		return 0;
	return autoremove_wake_function(entry, mode, flags, key);
}

int __stub_wake_var_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	return is_meant(entry, key) ? autoremove_wake_function(entry, mode, flags, key) : 0;
}

/* One of those who wait exclusively. Where nobody waits, no lock is taken, and nothing is in order with anything. */
void wake_up_bit(void *word, int bit)
{
	struct wait_bit_key key = { .flags = word, .bit_nr = bit };
	wait_queue_head_t *wq = bit_waitqueue(word, bit);

	if (waitqueue_active(wq))
		__wake_up(wq, TASK_NORMAL, 1, &key);
}

void wake_up_var(void *variable)
{
	wake_up_bit(variable, __STUB_NO_BIT);
}

/* A signal is seen where the task would sleep, and the time as well. */
static int sleep(unsigned long end, bool timed, long signal)
{
	if (signal)
		return -EINTR;
	if (!timed)
		schedule();
	else if (time_after_eq(jiffies, end))
		return -EAGAIN;
	else
		schedule_timeout((long)(end - jiffies));
	return 0;
}

int __stub_wait_on_bit(unsigned long *word, int bit, unsigned int state, bool timed, unsigned long timeout)
{
	__STUB_DEFINE_WAIT_KEY(wait, wake_bit_function, word, bit, 0);
	wait_queue_head_t *wq = bit_waitqueue(word, bit);
	unsigned long end = jiffies + timeout;
	int ret = 0;

	do {
		long signal = prepare_to_wait_event(wq, &wait.wq_entry, state);

		if (test_bit((unsigned long)bit, word))
			ret = sleep(end, timed, signal);
	} while (!ret && test_bit_acquire((unsigned long)bit, word));
	finish_wait(wq, &wait.wq_entry);
	return ret;
}

/* Who is to go and gets the bit all the same takes it: the wake-up was for one alone. */
int __stub_wait_on_bit_lock(unsigned long *word, int bit, unsigned int state)
{
	__STUB_DEFINE_WAIT_KEY(wait, wake_bit_function, word, bit, WQ_FLAG_EXCLUSIVE);
	wait_queue_head_t *wq = bit_waitqueue(word, bit);
	int ret = 0;
	bool taken;

	do {
		long signal = prepare_to_wait_event(wq, &wait.wq_entry, state);

		if (test_bit((unsigned long)bit, word))
			ret = sleep(0, false, signal);
		taken = !test_and_set_bit_lock((unsigned long)bit, word);
	} while (!ret && !taken);
	finish_wait(wq, &wait.wq_entry);
	return taken ? 0 : ret;
}
