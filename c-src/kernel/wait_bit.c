// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of all who wait for a bit or a variable: a kernel has many, by a hash of the address. Each entry has a key, and a
 * wake-up for another one passes it by.
 */
#include <linux/wait_bit.h>

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "kernel/compat.h"
#include "kernel/stub.h"

/* The key of a variable has no bit. */
#define NO_BIT (-1)

static __machine DECLARE_WAIT_QUEUE_HEAD(queue);

wait_queue_head_t *bit_waitqueue(stub_bit_word *word, int bit)
{
	(void)word, (void)bit;
	return &queue;
}

wait_queue_head_t *__var_waitqueue(void *variable)
{
	return bit_waitqueue(variable, NO_BIT);
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

static int wake_var_function(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	return is_meant(entry, key) ? autoremove_wake_function(entry, mode, flags, key) : 0;
}

static void init_entry(struct wait_bit_queue_entry *entry, wait_queue_func_t func, void *address, int bit, unsigned int flags)
{
	entry->key = (struct wait_bit_key){ .flags = address, .bit_nr = bit };
	entry->wq_entry = (wait_queue_entry_t){ .flags = flags, .private = current, .func = func };
	INIT_LIST_HEAD(&entry->wq_entry.entry);
}

void init_wait_var_entry(struct wait_bit_queue_entry *entry, void *variable, int flags)
{
	init_entry(entry, wake_var_function, variable, NO_BIT, (unsigned int)flags);
}

/* One of those who wait exclusively. Where nobody waits, no lock is taken, and nothing is in order with anything. */
void __wake_up_bit(wait_queue_head_t *wq, stub_bit_word *word, int bit)
{
	struct wait_bit_key key = { .flags = word, .bit_nr = bit };

	if (waitqueue_active(wq))
		__wake_up(wq, TASK_NORMAL, 1, &key);
}

void wake_up_bit(stub_bit_word *word, int bit)
{
	__wake_up_bit(bit_waitqueue(word, bit), word, bit);
}

void wake_up_var(void *variable)
{
	__wake_up_bit(__var_waitqueue(variable), variable, NO_BIT);
}

/* ---- what a task does that would have to wait: a signal is seen where it would sleep ---- */

int bit_wait(struct wait_bit_key *key, int mode)
{
	(void)key;
	if (stub_signal((unsigned int)mode))
		return -EINTR;
	schedule();
	return 0;
}

int bit_wait_timeout(struct wait_bit_key *key, int mode)
{
	unsigned long now = jiffies;

	if (stub_signal((unsigned int)mode))
		return -EINTR;
	if (time_after_eq(now, key->timeout))
		return -EAGAIN;
	schedule_timeout((long)(key->timeout - now));
	return 0;
}

/* ---- waiting ---- */

int __wait_on_bit(wait_queue_head_t *wq, struct wait_bit_queue_entry *entry, wait_bit_action_f *action, unsigned int mode)
{
	const struct wait_bit_key *key = &entry->key;
	int ret = 0;

	do {
		prepare_to_wait(wq, &entry->wq_entry, (int)mode);
		if (test_bit((unsigned long)key->bit_nr, key->flags))
			ret = action(&entry->key, (int)mode);
	} while (!ret && test_bit_acquire((unsigned long)key->bit_nr, key->flags));
	finish_wait(wq, &entry->wq_entry);
	return ret;
}

/* Who is to go and gets the bit all the same takes it: the wake-up was for one alone. */
int __wait_on_bit_lock(wait_queue_head_t *wq, struct wait_bit_queue_entry *entry, wait_bit_action_f *action,
		       unsigned int mode)
{
	const struct wait_bit_key *key = &entry->key;
	int ret = 0;
	bool taken;

	do {
		prepare_to_wait_exclusive(wq, &entry->wq_entry, (int)mode);
		if (test_bit((unsigned long)key->bit_nr, key->flags))
			ret = action(&entry->key, (int)mode);
		taken = !test_and_set_bit_lock((unsigned long)key->bit_nr, key->flags);
	} while (!ret && !taken);
	finish_wait(wq, &entry->wq_entry);
	return taken ? 0 : ret;
}

int out_of_line_wait_on_bit(stub_bit_word *word, int bit, wait_bit_action_f *action, unsigned int mode)
{
	struct wait_bit_queue_entry entry;

	init_entry(&entry, wake_bit_function, word, bit, 0);
	return __wait_on_bit(bit_waitqueue(word, bit), &entry, action, mode);
}

int out_of_line_wait_on_bit_timeout(stub_bit_word *word, int bit, wait_bit_action_f *action, unsigned int mode,
				    unsigned long timeout)
{
	struct wait_bit_queue_entry entry;

	init_entry(&entry, wake_bit_function, word, bit, 0);
	entry.key.timeout = jiffies + timeout;
	return __wait_on_bit(bit_waitqueue(word, bit), &entry, action, mode);
}

int out_of_line_wait_on_bit_lock(stub_bit_word *word, int bit, wait_bit_action_f *action, unsigned int mode)
{
	struct wait_bit_queue_entry entry;

	init_entry(&entry, wake_bit_function, word, bit, 0);
	return __wait_on_bit_lock(bit_waitqueue(word, bit), &entry, action, mode);
}
