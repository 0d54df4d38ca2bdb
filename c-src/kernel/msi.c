// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts by message. A function has MSI or MSI-X in use, or neither; each vector that is set up has a
 * line of its own, and more of them than there are lines cannot be had.
 */
#include <linux/pci.h>

#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_alloc_irq_vectors);
STUB_FAULT(pci_msix_alloc_irq_at);

/* What is left of an interrupt controller for one function. */
#define LINES 64

struct vector {
	struct vector *next;
	u32 index;
	unsigned int irq;
};

struct stub_messages {
	spinlock_t lock;		/* of the list */
	u32 sending;			/* word: how many messages are on their way */
	u32 in_use;			/* PCI_IRQ_MSI, PCI_IRQ_MSIX or 0 */
	u32 msi, msix;			/* vectors that the function has */
	bool dynamic;
	u32 lines;			/* in the list */
	struct vector *vectors;
};

void stub_pci_add_messages(struct pci_dev *pdev, u32 msi, u32 msix, bool dynamic)
{
	struct stub_messages *messages = kzalloc(sizeof(*messages), GFP_KERNEL);

	if (!messages)
		return;
	spin_lock_init(&messages->lock);
	messages->msi = msi;
	messages->msix = msix;
	messages->dynamic = dynamic;
	stub_function_of(pdev)->messages = messages;
}

static struct stub_messages *messages_of(const struct pci_dev *pdev)
{
	return stub_function_of(pdev)->messages;
}

static unsigned int line_of(struct stub_messages *messages, u32 index)
{
	unsigned int irq = IRQ_NOTCONNECTED;
	unsigned long flags;

	spin_lock_irqsave(&messages->lock, flags);
	for (const struct vector *at = messages->vectors; at; at = at->next)
		if (at->index == index)
			irq = at->irq;
	spin_unlock_irqrestore(&messages->lock, flags);
	return irq;
}

static int set_up(struct stub_messages *messages, u32 index)
{
	struct vector *vector = kmalloc(sizeof(*vector), GFP_KERNEL);
	unsigned int irq = vector ? stub_irq_alloc() : IRQ_NOTCONNECTED;
	unsigned long flags;

	if (irq == IRQ_NOTCONNECTED) {
		kfree(vector);
		return -ENOMEM;
	}
	spin_lock_irqsave(&messages->lock, flags);
	*vector = (struct vector){ messages->vectors, index, irq };
	messages->vectors = vector;
	messages->lines++;
	spin_unlock_irqrestore(&messages->lock, flags);
	return 0;
}

static void tear_down(struct stub_messages *messages)
{
	struct vector *at, *next;
	unsigned long flags;

	spin_lock_irqsave(&messages->lock, flags);
	at = messages->vectors;
	messages->vectors = NULL;
	messages->lines = 0;
	messages->in_use = 0;
	spin_unlock_irqrestore(&messages->lock, flags);

	/* A message that has found its line reaches it. */
	stub_acquire(&messages->sending, STUB_STATE, 0);
	for (; at; at = next) {
		next = at->next;
		stub_irq_free(at->irq);
		kfree(at);
	}
}

/* The enable bit of the capability, which a user's writes do not reach. */
static void mark(struct pci_dev *pdev, u32 which, bool on)
{
	u8 *config = stub_function_of(pdev)->config;
	u8 *flags = which == PCI_IRQ_MSI ? &config[pdev->msi_cap + PCI_MSI_FLAGS] :
					   &config[pdev->msix_cap + PCI_MSIX_FLAGS + 1];
	u8 bit = which == PCI_IRQ_MSI ? PCI_MSI_FLAGS_ENABLE : PCI_MSIX_FLAGS_ENABLE >> 8;

	if (on)
		__atomic_fetch_or(flags, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(flags, (u8)~bit, __ATOMIC_SEQ_CST);
}

static int enable(struct pci_dev *pdev, u32 which, u32 min, u32 max)
{
	struct stub_messages *messages = messages_of(pdev);
	u32 has = which == PCI_IRQ_MSI ? messages->msi : messages->msix;
	u32 count = max < has ? max : has;
	int ret = 0;

	if (count > LINES)
		count = LINES;
	if (!has || messages->in_use || pdev->current_state != PCI_D0)
		return -EINVAL;
	if (count < min)
		return -ENOSPC;

	for (u32 i = 0; !ret && i < count; i++)
		ret = set_up(messages, i);
	if (ret) {
		tear_down(messages);
		return ret;
	}
	messages->in_use = which;
	mark(pdev, which, true);
	/* A function that sends messages does not use its pin. */
	pci_intx(pdev, 0);
	return (int)count;
}

static int alloc_vectors(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags)
{
	int ret = -ENOSPC;

	if (max < min)
		return -ERANGE;
	if (!messages_of(pdev) || stub_should_fail(pci_alloc_irq_vectors))
		return ret;
	if (flags & PCI_IRQ_MSIX)
		ret = enable(pdev, PCI_IRQ_MSIX, min, max);
	if (ret < 0 && flags & PCI_IRQ_MSI)
		ret = enable(pdev, PCI_IRQ_MSI, min, max);
	return ret;
}

/* An affinity makes no difference: the lab says where an interrupt comes. Before 6.2, this was the only function. */
int pci_alloc_irq_vectors_affinity(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags,
				   struct irq_affinity *affd)
{
	(void)affd;
	return alloc_vectors(pdev, min, max, flags);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
int pci_alloc_irq_vectors(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags)
{
	return alloc_vectors(pdev, min, max, flags);
}
#endif

void pci_free_irq_vectors(struct pci_dev *pdev)
{
	struct stub_messages *messages = messages_of(pdev);

	if (!messages || !messages->in_use)
		return;
	mark(pdev, messages->in_use, false);
	tear_down(messages);
	pci_intx(pdev, 1);
}

int pci_irq_vector(struct pci_dev *pdev, unsigned int nr)
{
	struct stub_messages *messages = messages_of(pdev);
	unsigned int irq = messages ? line_of(messages, nr) : IRQ_NOTCONNECTED;

	return irq == IRQ_NOTCONNECTED ? -EINVAL : (int)irq;
}

int pci_msi_vec_count(struct pci_dev *pdev)
{
	const struct stub_messages *messages = messages_of(pdev);

	return messages && messages->msi ? (int)messages->msi : -EINVAL;
}

int pci_msix_vec_count(struct pci_dev *pdev)
{
	const struct stub_messages *messages = messages_of(pdev);

	return messages && messages->msix ? (int)messages->msix : -EINVAL;
}

/* One vector after the other: since 6.2. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
bool pci_msix_can_alloc_dyn(struct pci_dev *pdev)
{
	const struct stub_messages *messages = messages_of(pdev);

	return messages && messages->dynamic;
}

struct msi_map pci_msix_alloc_irq_at(struct pci_dev *pdev, unsigned int index,
				     const struct irq_affinity_desc *affdesc)
{
	struct stub_messages *messages = messages_of(pdev);
	struct msi_map map = { .index = -ENOSPC };
	int ret;

	(void)affdesc;
	if (!messages || messages->in_use != PCI_IRQ_MSIX || !messages->dynamic) {
		map.index = -ENOTSUPP;
		return map;
	}
	if (stub_should_fail(pci_msix_alloc_irq_at) || messages->lines >= LINES)
		return map;
	if (index >= messages->msix) {
		map.index = -EINVAL;
		return map;
	}
	ret = line_of(messages, index) == IRQ_NOTCONNECTED ? set_up(messages, index) : -EBUSY;
	map.index = ret ? ret : (int)index;
	map.virq = ret ? 0 : (int)line_of(messages, index);
	return map;
}
#endif

bool stub_pci_send_message(struct pci_dev *pdev, u32 vector)
{
	struct stub_messages *messages = messages_of(pdev);
	unsigned int irq;

	if (!messages)
		return false;
	stub_acquire(&messages->sending, 0, 1);
	irq = line_of(messages, vector);
	if (irq != IRQ_NOTCONNECTED)
		stub_irq_deliver(irq);
	stub_release(&messages->sending, 1);
	return irq != IRQ_NOTCONNECTED;
}
