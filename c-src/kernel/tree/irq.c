// SPDX-License-Identifier: GPL-2.0-only
/* What a line is set to before a handler comes, and messages as their functions have them. */
#include <linux/irq.h>
#include <linux/msi.h>

#include <linux/string.h>

#include "kernel/stub.h"

/* A line is always off at once, and there is nothing else of it that would show. */
void irq_modify_status(unsigned int irq, unsigned long clear, unsigned long set)
{
	if ((clear | set) & IRQ_NOAUTOEN)
		stub_irq_set_autoen(irq, !(set & IRQ_NOAUTOEN));
}

/* A function knows the line of each vector without what is written to its table. */
void get_cached_msi_msg(unsigned int irq, struct msi_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->data = irq;
}

void pci_write_msi_msg(unsigned int irq, struct msi_msg *msg)
{
}
