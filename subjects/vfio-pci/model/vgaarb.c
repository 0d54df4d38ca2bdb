// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGA arbiter. A driver leaves it a callback with each adapter, which is called whenever the number
 * of adapters changes; nothing but the driver takes it away again.
 */
#include <linux/aperture.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kernel/fault.h"
#include "kernel/stub.h"
#include "../ops/entry.h"
#include "vgaarb.h"

STUB_FAULT(aperture_remove_conflicting_pci_devices);
STUB_FAULT(vga_client_register);
STUB_FAULT(vga_get_interruptible);

#define ALL (VGA_RSRC_LEGACY_MASK | VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM)

static struct arbiter {
	u32 owned;			/* word: legacy ranges that are in use now, as VGA_RSRC_ bits */
	spinlock_t vga_lock;
	struct vga_device *devices;
	u32 count;
} arbiter;

/* Takes the adapter from the firmware's framebuffer, of which there is none. */
int aperture_remove_conflicting_pci_devices(struct pci_dev *pdev, const char *name)
{
	(void)pdev;
	(void)name;
	return stub_should_fail(aperture_remove_conflicting_pci_devices) ? -ENODEV : 0;
}

static struct vga_device *find(const struct pci_dev *pdev)
{
	struct vga_device *vga;

	for (vga = arbiter.devices; vga; vga = vga->next)
		if (vga->pdev == pdev)
			break;
	return vga;
}

struct vga_device *stub_vga_add(struct pci_dev *pdev)
{
	struct vga_device *vga = kzalloc(sizeof(*vga), GFP_KERNEL);

	if (vga) {
		vga->pdev = pdev;
		vga->decodes = ALL;
		vga->next = arbiter.devices;
		arbiter.devices = vga;
		arbiter.count++;
	}
	return vga;
}

int vga_client_register(struct pci_dev *pdev, unsigned int (*set_decode)(struct pci_dev *pdev, bool single))
{
	struct vga_device *vga;
	unsigned long flags;

	if (set_decode && stub_should_fail(vga_client_register))
		return -ENODEV;

	spin_lock_irqsave(&arbiter.vga_lock, flags);
	vga = find(pdev);
	if (vga) {
		vga->set_decode = set_decode;
		vga->unregistered += !set_decode;
	}
	spin_unlock_irqrestore(&arbiter.vga_lock, flags);
	return vga ? 0 : -ENODEV;
}

/* Legacy ranges lead to one adapter at a time; a task that wants them waits, until a signal ends that. */
int vga_get(struct pci_dev *pdev, unsigned int rsrc, int interruptible)
{
	if (!find(pdev))
		return -ENODEV;
	if (interruptible && stub_should_fail(vga_get_interruptible))
		return -ERESTARTSYS;
	stub_acquire(&arbiter.owned, rsrc, rsrc);
	return 0;
}

void vga_put(struct pci_dev *pdev, unsigned int rsrc)
{
	if (!WARN_ON(!find(pdev) || (__atomic_load_n(&arbiter.owned, __ATOMIC_RELAXED) & rsrc) != rsrc))
		stub_release(&arbiter.owned, rsrc);
}

/* A driver that answers for its adapter is not overruled by a user. */
static void set_decodes(struct pci_dev *pdev, unsigned int decodes, bool user)
{
	struct vga_device *vga;
	unsigned long flags;

	spin_lock_irqsave(&arbiter.vga_lock, flags);
	vga = find(pdev);
	if (vga && !(user && vga->set_decode))
		vga->decodes = decodes & ALL;
	spin_unlock_irqrestore(&arbiter.vga_lock, flags);
}

void vga_set_legacy_decoding(struct pci_dev *pdev, unsigned int decodes)
{
	set_decodes(pdev, decodes, false);
}

u32 stub_vga_user_decodes(struct pci_dev *pdev, u32 decodes)
{
	const struct vga_device *vga = find(pdev);

	set_decodes(pdev, decodes, true);
	return vga ? vga->decodes : 0;
}

/*
 * Calls back, and checks whom: code that was unloaded is not run, but reported; so is a driver
 * that has left the adapter, and one that looks for its data there and finds none.
 */
static void ask_driver(struct vga_device *vga, bool single)
{
	struct stub_task *task = current_task;

	if (!stub_module_has_text(entry_core())) {
		stub_violation(STUB_FREED_CODE, vga->pdev);
		return;
	}
	if (!vga->pdev->dev.driver)
		stub_violation(STUB_STALE_CALLBACK, vga->pdev);
	task->without_drvdata = NULL;
	vga->decodes = vga->set_decode(vga->pdev, single) & ALL;
	if (task->without_drvdata == &vga->pdev->dev)
		stub_violation(STUB_NULL_DEREFERENCE, vga->pdev);
}

u32 stub_vga_notify(u32 elsewhere)
{
	unsigned long flags;
	u32 calls = 0;

	spin_lock_irqsave(&arbiter.vga_lock, flags);
	for (struct vga_device *vga = arbiter.devices; vga; vga = vga->next) {
		if (!vga->set_decode)
			continue;
		ask_driver(vga, arbiter.count + elsewhere <= 1);
		calls++;
	}
	spin_unlock_irqrestore(&arbiter.vga_lock, flags);
	return calls;
}

u32 stub_check_vga(void)
{
	u32 left = 0;

	for (struct vga_device *vga = arbiter.devices; vga; vga = vga->next) {
		if (!vga->set_decode || vga->pdev->dev.driver)
			continue;
		stub_violation(STUB_UNBALANCED_CLIENT, vga->pdev);
		left++;
	}
	return left;
}
