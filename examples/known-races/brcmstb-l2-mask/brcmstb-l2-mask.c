// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/irqchip/irq-brcmstb-l2.c: an interrupt controller is suspended while it
 * interrupts. mask stands for its register.
 */
#include <linux/spinlock.h>
#include <linux/types.h>

struct irq_chip_generic {
	raw_spinlock_t lock;
	u32 mask;
	u32 wake_active;
};

struct brcmstb_l2_intc_data {
	bool can_wake;
	u32 saved_mask;
};

static struct irq_chip_generic gc = { .wake_active = 0x2 };
static struct brcmstb_l2_intc_data b = { .can_wake = true };

void brcmstb_l2_intc_suspend(struct irq_chip_generic *gc, struct brcmstb_l2_intc_data *b)
{
	raw_spin_lock(&gc->lock);
	b->saved_mask = gc->mask;
	if (b->can_wake)
		gc->mask = ~gc->wake_active;
	raw_spin_unlock(&gc->lock);
}

/* The flow handler of line 0 masks it. */
void irq_gc_mask_disable_reg(struct irq_chip_generic *gc)
{
	raw_spin_lock(&gc->lock);
	gc->mask |= 0x1;
	raw_spin_unlock(&gc->lock);
}
