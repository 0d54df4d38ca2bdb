// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI and MSI-X for a user: every vector signals an eventfd of its own. All of this runs under igate, or
 * while the device is being closed.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vfio/pci/vfio_pci_priv.h"

static irqreturn_t vfio_msihandler(int irq, void *arg)
{
	(void)irq;
	eventfd_signal(arg);
	return IRQ_HANDLED;
}

/* Takes up to @nvec vectors; says how many there would be where that is fewer. */
static int vfio_msi_enable(struct vfio_pci_core_device *vdev, unsigned int nvec, bool msix)
{
	int got;
	u16 cmd;

	if (!is_irq_none(vdev))
		return -EINVAL;

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	got = pci_alloc_irq_vectors(vdev->pdev, 1, nvec, msix ? PCI_IRQ_MSIX : PCI_IRQ_MSI);
	if (got > 0 && (unsigned int)got < nvec)
		pci_free_irq_vectors(vdev->pdev);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);
	if (got < 0 || (unsigned int)got < nvec)
		return got;

	vdev->irq_type = msix ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_MSI_IRQ_INDEX;
	/* A user may announce no more than this in the capability: the power of two that holds them. */
	if (!msix)
		for (vdev->msi_qmax = 0; 1u << vdev->msi_qmax < nvec;)
			vdev->msi_qmax++;
	return 0;
}

/* The vector's line. Where the platform can, a vector of MSI-X gets one when it is first used. */
static int vfio_msi_alloc_irq(struct vfio_pci_core_device *vdev, unsigned int vector, bool msix)
{
	int irq = pci_irq_vector(vdev->pdev, vector);
	struct msi_map map;
	u16 cmd;

	if (WARN_ON(!irq))
		return -EINVAL;
	if (irq > 0 || !(msix && vdev->has_dyn_msix))
		return irq;
	cmd = vfio_pci_memory_lock_and_enable(vdev);
	map = pci_msix_alloc_irq_at(vdev->pdev, vector, NULL);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);
	return map.index < 0 ? map.index : map.virq;
}

/* The line stays, until all of them go. */
static void give_up_vector(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx,
			   unsigned int vector, int irq)
{
	u16 cmd = vfio_pci_memory_lock_and_enable(vdev);

	free_irq((unsigned int)irq, ctx->trigger);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);
	kfree(ctx->name);
	eventfd_ctx_put(ctx->trigger);
	vfio_irq_ctx_free(vdev, ctx, vector);
}

static int take_vector(struct vfio_pci_core_device *vdev, unsigned int vector, int irq, s32 fd)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_alloc(vdev, vector);
	struct eventfd_ctx *trigger;
	u16 cmd;
	int ret;

	if (!ctx)
		return -ENOMEM;
	ret = -ENOMEM;
	ctx->name = kstrdup(pci_name(vdev->pdev), GFP_KERNEL_ACCOUNT);
	if (!ctx->name)
		goto out_ctx;
	trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(trigger)) {
		ret = (int)PTR_ERR(trigger);
		goto out_name;
	}

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	ret = request_irq((unsigned int)irq, vfio_msihandler, 0, ctx->name, trigger);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);
	if (ret)
		goto out_trigger;
	ctx->trigger = trigger;
	return 0;

out_trigger:
	eventfd_ctx_put(trigger);
out_name:
	kfree(ctx->name);
out_ctx:
	vfio_irq_ctx_free(vdev, ctx, vector);
	return ret;
}

/* Has the vector signal another eventfd, or with a descriptor of -1 none any more. */
static int vfio_msi_set_vector_signal(struct vfio_pci_core_device *vdev, unsigned int vector, s32 fd,
				      bool msix)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, vector);
	int irq = -EINVAL;

	if (ctx) {
		irq = pci_irq_vector(vdev->pdev, vector);
		give_up_vector(vdev, ctx, vector, irq);
	}
	if (fd < 0)
		return 0;
	if (irq < 0)
		irq = vfio_msi_alloc_irq(vdev, vector, msix);
	return irq < 0 ? irq : take_vector(vdev, vector, irq, fd);
}

/* All of them, or none: where one fails, those before it are given up. */
static int vfio_msi_set_block(struct vfio_pci_core_device *vdev, unsigned int start, unsigned int count,
			      const s32 *fds, bool msix)
{
	for (unsigned int i = 0; i < count; i++) {
		int ret = vfio_msi_set_vector_signal(vdev, start + i, fds[i], msix);

		if (!ret)
			continue;
		while (i--)
			vfio_msi_set_vector_signal(vdev, start + i, -1, msix);
		return ret;
	}
	return 0;
}

static void vfio_msi_disable(struct vfio_pci_core_device *vdev, bool msix)
{
	struct vfio_pci_irq_ctx *ctx;
	unsigned long vector;
	u16 cmd;

	xa_for_each(&vdev->ctx, vector, ctx) {
		vfio_irq_ctx_quiet(ctx);
		vfio_msi_set_vector_signal(vdev, (unsigned int)vector, -1, msix);
	}

	cmd = vfio_pci_memory_lock_and_enable(vdev);
	pci_free_irq_vectors(vdev->pdev);
	vfio_pci_memory_unlock_and_restore(vdev, cmd);

	/* The pin is back with that, which a function that must not use it cannot have. */
	if (vdev->nointx)
		pci_intx(vdev->pdev, 0);
	vdev->irq_type = VFIO_PCI_NUM_IRQS;
}

static void signal_vectors(struct vfio_pci_core_device *vdev, u32 flags, unsigned int start,
			   unsigned int count, const u8 *wanted)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, start + i);

		if (ctx && (flags & VFIO_IRQ_SET_DATA_NONE || wanted[i]))
			eventfd_signal(ctx->trigger);
	}
}

int vfio_pci_set_msi_trigger(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			     unsigned int start, unsigned int count, const void *data)
{
	bool msix = index == VFIO_PCI_MSIX_IRQ_INDEX;
	bool on = irq_is(vdev, index);
	int ret;

	if (on && !count && flags & VFIO_IRQ_SET_DATA_NONE) {
		vfio_msi_disable(vdev, msix);
		return 0;
	}
	if (!on && !is_irq_none(vdev))
		return -EINVAL;

	if (flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		ret = on ? 0 : vfio_msi_enable(vdev, start + count, msix);
		if (ret)
			return ret;
		ret = vfio_msi_set_block(vdev, start, count, data, msix);
		if (ret && !on)
			vfio_msi_disable(vdev, msix);
		return ret;
	}

	if (!on)
		return -EINVAL;
	signal_vectors(vdev, flags, start, count, data);
	return 0;
}
