// SPDX-License-Identifier: GPL-2.0-only
/* Notifier chains: sorted by priority, the first to come first among equals. */
#include <linux/notifier.h>

#include <linux/bug.h>
#include <linux/errno.h>

#include "kernel/stub.h"

static struct notifier_block *load(struct notifier_block **at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* Blocks that came after the machine was built; one that has gone again leaves its place to the next. */
struct known {
	struct known *next;
	const struct notifier_block *nb;
};

static __machine struct known *first_known;

/* Chains have locks of their own, so that places are taken and given up one by one. */
static bool exchange(struct known *known, const struct notifier_block *from,
		     const struct notifier_block *to)
{
	return __atomic_compare_exchange_n(&known->nb, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* Puts @to where @from is; returns whether there was such a place. */
static bool replace(const struct notifier_block *from, const struct notifier_block *to)
{
	struct known *known = __atomic_load_n(&first_known, __ATOMIC_ACQUIRE);

	while (known && !exchange(known, from, to))
		known = known->next;
	return known != NULL;
}

static void remember(const struct notifier_block *nb)
{
	struct known *known;

	if (!current_task->arena->built || replace(NULL, nb))
		return;
	known = stub_keep(sizeof(*known));
	if (!known)
		return;
	known->nb = nb;
	known->next = __atomic_load_n(&first_known, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&first_known, &known->next, known, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED))
		;
}

u32 stub_check_notifiers(void)
{
	u32 left = 0;

	for (const struct known *known = first_known; known; known = known->next) {
		if (!known->nb)
			continue;
		stub_violation(STUB_UNBALANCED_NOTIFIER, known->nb);
		left++;
	}
	return left;
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
	remember(nb);
	return 0;
}

/* The block still leads on, for a task that is at it. */
static int take_out(struct notifier_block **at, struct notifier_block *nb)
{
	for (; *at; at = &(*at)->next) {
		if (*at != nb)
			continue;
		__atomic_store_n(at, nb->next, __ATOMIC_RELEASE);
		replace(nb, NULL);
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
		if (ret & NOTIFY_STOP_MASK)
			break;
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

/* Who walks a chain takes no lock: words that say how many do, of all chains that share one. */
#define CALLERS 16u
static __machine u32 callers[CALLERS];

static u32 *callers_of(const struct atomic_notifier_head *nh)
{
	return &callers[(uintptr_t)nh / sizeof(*nh) % CALLERS];
}

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
	stub_might_sleep(nh);
	stub_acquire(callers_of(nh), STUB_STATE, 0);
	return ret;
}

int atomic_notifier_call_chain(struct atomic_notifier_head *nh, unsigned long action, void *data)
{
	int ret;

	stub_acquire(callers_of(nh), 0, 1);
	ret = call_all(&nh->head, action, data);
	stub_release(callers_of(nh), 1);
	return ret;
}
