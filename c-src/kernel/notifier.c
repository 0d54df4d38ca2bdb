// SPDX-License-Identifier: GPL-2.0-only
/* Notifier chains: sorted by priority, the first to come first among equals. */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/notifier.h>

#include "kernel/stub.h"

static struct notifier_block *load(struct notifier_block **at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* A chain that led back to itself would never end. */
static int insert(struct notifier_block **at, struct notifier_block *nb)
{
	for (struct notifier_block *other = *at; other; other = other->next)
		if (WARN_ON(other == nb))
			return -EEXIST;

	while (*at && (*at)->priority >= nb->priority)
		at = &(*at)->next;
	nb->next = *at;
	__atomic_store_n(at, nb, __ATOMIC_RELEASE);
	return 0;
}

/* The block still leads on, for who is at it. */
static int take_out(struct notifier_block **at, struct notifier_block *nb)
{
	for (; *at; at = &(*at)->next) {
		if (*at != nb)
			continue;
		__atomic_store_n(at, nb->next, __ATOMIC_RELEASE);
		return 0;
	}
	return -ENOENT;
}

static int call_all(struct notifier_block **at, unsigned long action, void *data)
{
	struct notifier_block *nb, *next;
	int ret = NOTIFY_DONE;

	for (nb = load(at); nb; nb = next) {
		next = load(&nb->next);
		ret = nb->notifier_call(nb, action, data);
	}
	return ret;
}

/* ---- blocking ---- */

int blocking_notifier_chain_register(struct blocking_notifier_head *nh, struct notifier_block *nb)
{
	int ret;

	down_write(&nh->rwsem);
	ret = insert(&nh->head, nb);
	up_write(&nh->rwsem);
	return ret;
}

int blocking_notifier_chain_unregister(struct blocking_notifier_head *nh, struct notifier_block *nb)
{
	int ret;

	down_write(&nh->rwsem);
	ret = take_out(&nh->head, nb);
	up_write(&nh->rwsem);
	return ret;
}

int blocking_notifier_call_chain(struct blocking_notifier_head *nh, unsigned long action, void *data)
{
	int ret;

	down_read(&nh->rwsem);
	ret = call_all(&nh->head, action, data);
	up_read(&nh->rwsem);
	return ret;
}

/* ---- atomic ---- */

int atomic_notifier_chain_register(struct atomic_notifier_head *nh, struct notifier_block *nb)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&nh->lock, flags);
	ret = insert(&nh->head, nb);
	spin_unlock_irqrestore(&nh->lock, flags);
	return ret;
}

int atomic_notifier_chain_unregister(struct atomic_notifier_head *nh, struct notifier_block *nb)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&nh->lock, flags);
	ret = take_out(&nh->head, nb);
	spin_unlock_irqrestore(&nh->lock, flags);

	/* What RCU's grace period is there for. */
	stub_acquire(&nh->callers, STUB_STATE, 0);
	return ret;
}

int atomic_notifier_call_chain(struct atomic_notifier_head *nh, unsigned long action, void *data)
{
	int ret;

	stub_acquire(&nh->callers, 0, 1);
	ret = call_all(&nh->head, action, data);
	stub_release(&nh->callers, 1);
	return ret;
}
