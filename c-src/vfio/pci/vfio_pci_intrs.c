// SPDX-License-Identifier: GPL-2.0-only
/*
 * INTx for a user: an interrupt masks itself and signals an eventfd; the user unmasks when it has
 * served the device. igate serialises configuration, irqlock the masking against the handler.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vfio/pci/vfio_pci_priv.h"

/* ---- vectors in use ---- */

struct vfio_pci_irq_ctx *vfio_irq_ctx_get(struct vfio_pci_core_device *vdev, unsigned long index)
{
	return xa_load(&vdev->ctx, index);
}

struct vfio_pci_irq_ctx *vfio_irq_ctx_alloc(struct vfio_pci_core_device *vdev, unsigned long index)
{
	struct vfio_pci_irq_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	ctx->vdev = vdev;
	if (xa_insert(&vdev->ctx, index, ctx, GFP_KERNEL_ACCOUNT)) {
		kfree(ctx);
		return NULL;
	}
	return ctx;
}

void vfio_irq_ctx_free(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx,
		       unsigned long index)
{
	xa_erase(&vdev->ctx, index);
	kfree(ctx);
}

/* No eventfd of a user's comes to it any more. */
void vfio_irq_ctx_quiet(struct vfio_pci_irq_ctx *ctx)
{
	vfio_virqfd_disable(&ctx->unmask);
	vfio_virqfd_disable(&ctx->mask);
}

/* ---- INTx ---- */

static void vfio_send_intx_eventfd(void *opaque, void *data)
{
	struct vfio_pci_core_device *vdev = opaque;
	struct vfio_pci_irq_ctx *ctx = data;
	struct eventfd_ctx *trigger;

	if (!is_intx(vdev) || vdev->virq_disabled)
		return;
	trigger = READ_ONCE(ctx->trigger);
	if (trigger)
		eventfd_signal(trigger);
}

/* ---- masking ---- */

/* Keeps the function from interrupting: by its own bit where it has one, else at its line. */
static void silence(struct vfio_pci_core_device *vdev)
{
	if (vdev->pci_2_3)
		pci_intx(vdev->pdev, 0);
	else
		disable_irq_nosync(vdev->pdev->irq);
}

/* Was it this that masked the interrupt? Under igate. */
static bool __vfio_pci_intx_mask(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_irq_ctx *ctx;
	unsigned long flags;
	bool masked = false;

	lockdep_assert_held(&vdev->igate);

	spin_lock_irqsave(&vdev->irqlock, flags);
	if (!is_intx(vdev)) {
		/* Nobody listens, and the function is not to shout at a line that others share. */
		if (vdev->pci_2_3)
			pci_intx(vdev->pdev, 0);
		goto out;
	}

	ctx = vfio_irq_ctx_get(vdev, 0);
	if (!WARN_ON(!ctx) && !ctx->masked) {
		silence(vdev);
		ctx->masked = true;
		masked = true;
	}
out:
	spin_unlock_irqrestore(&vdev->irqlock, flags);
	return masked;
}

bool vfio_pci_intx_mask(struct vfio_pci_core_device *vdev)
{
	bool masked;

	mutex_lock(&vdev->igate);
	masked = __vfio_pci_intx_mask(vdev);
	mutex_unlock(&vdev->igate);
	return masked;
}

/* Says whether the interrupt came while it was masked: then it stays so, and the user has to hear of it. */
static int vfio_pci_intx_unmask_handler(void *opaque, void *data)
{
	struct vfio_pci_core_device *vdev = opaque;
	struct vfio_pci_irq_ctx *ctx = data;
	unsigned long flags;
	bool pending = false;

	spin_lock_irqsave(&vdev->irqlock, flags);
	if (!is_intx(vdev)) {
		if (vdev->pci_2_3)
			pci_intx(vdev->pdev, 1);
	} else if (ctx->masked && !vdev->virq_disabled) {
		if (vdev->pci_2_3)
			pending = !pci_check_and_unmask_intx(vdev->pdev);
		else
			enable_irq(vdev->pdev->irq);
		ctx->masked = pending;
	}
	spin_unlock_irqrestore(&vdev->irqlock, flags);
	return pending;
}

/* Unmasks, and passes on what came meanwhile. Under igate. */
static void __vfio_pci_intx_unmask(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, 0);

	lockdep_assert_held(&vdev->igate);

	if (!WARN_ON(!ctx && is_intx(vdev)) && vfio_pci_intx_unmask_handler(vdev, ctx))
		vfio_send_intx_eventfd(vdev, ctx);
}

void vfio_pci_intx_unmask(struct vfio_pci_core_device *vdev)
{
	struct mutex *gate = &vdev->igate;

	mutex_lock(gate);
	__vfio_pci_intx_unmask(vdev);
	mutex_unlock(gate);
}

/* Was the interrupt ours? Then it is masked now. Without a mask bit to tell, a line is not shared. */
static bool claim_interrupt(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx)
{
	if (!vdev->pci_2_3)
		disable_irq_nosync(vdev->pdev->irq);
	else if (ctx->masked || !pci_check_and_mask_intx(vdev->pdev))
		return false;
	ctx->masked = true;
	return true;
}

static irqreturn_t vfio_intx_handler(int irq, void *dev_id)
{
	struct vfio_pci_irq_ctx *ctx = dev_id;
	unsigned long saved;
	bool ours;

	(void)irq;
	spin_lock_irqsave(&ctx->vdev->irqlock, saved);
	ours = claim_interrupt(ctx->vdev, ctx);
	spin_unlock_irqrestore(&ctx->vdev->irqlock, saved);

	if (!ours)
		return IRQ_NONE;
	vfio_send_intx_eventfd(ctx->vdev, ctx);
	return IRQ_HANDLED;
}

/* ---- setting up and tearing down ---- */

/* With a name for the line. */
static struct vfio_pci_irq_ctx *alloc_named(struct vfio_pci_core_device *vdev)
{
	char *name = kstrdup(pci_name(vdev->pdev), GFP_KERNEL_ACCOUNT);
	struct vfio_pci_irq_ctx *ctx = name ? vfio_irq_ctx_alloc(vdev, 0) : NULL;

	if (ctx)
		ctx->name = name;
	else
		kfree(name);
	return ctx;
}

static void free_named(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx)
{
	kfree(ctx->name);
	vfio_irq_ctx_free(vdev, ctx, 0);
}

static int vfio_intx_enable(struct vfio_pci_core_device *vdev, struct eventfd_ctx *trigger)
{
	struct pci_dev *pdev = vdev->pdev;
	struct vfio_pci_irq_ctx *ctx;
	unsigned long irqflags = IRQF_SHARED;
	int ret;

	if (!is_irq_none(vdev))
		return -EINVAL;
	if (!pdev->irq || pdev->irq == IRQ_NOTCONNECTED)
		return -ENODEV;

	ctx = alloc_named(vdev);
	if (!ctx)
		return -ENOMEM;
	ctx->trigger = trigger;
	/* The guest may have disabled INTx before anyone listened to it. */
	ctx->masked = vdev->virq_disabled;

	if (vdev->pci_2_3)
		pci_intx(pdev, !ctx->masked);
	else
		irqflags = ctx->masked ? IRQF_NO_AUTOEN : 0;

	/* The handler may run before request_irq() returns, and asks for the type. */
	vdev->irq_type = VFIO_PCI_INTX_IRQ_INDEX;
	ret = request_irq(pdev->irq, vfio_intx_handler, irqflags, ctx->name, ctx);
	if (ret) {
		vdev->irq_type = VFIO_PCI_NUM_IRQS;
		free_named(vdev, ctx);
	}
	return ret;
}

static int vfio_intx_set_signal(struct vfio_pci_core_device *vdev, struct eventfd_ctx *trigger)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, 0);
	struct eventfd_ctx *old;

	if (WARN_ON(!ctx))
		return -EINVAL;

	old = ctx->trigger;
	WRITE_ONCE(ctx->trigger, trigger);
	if (old) {
		/* A handler that has read the old one must be through with it. */
		synchronize_irq(vdev->pdev->irq);
		/* And so must who unmasks, and passes on what came meanwhile. */
		vfio_virqfd_flush_thread(&ctx->unmask);
		eventfd_ctx_put(old);
	}
	return 0;
}

static void vfio_intx_disable(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, 0);

	if (WARN_ON(!ctx))
		return;
	vfio_irq_ctx_quiet(ctx);
	free_irq(vdev->pdev->irq, ctx);
	if (ctx->trigger)
		eventfd_ctx_put(ctx->trigger);
	free_named(vdev, ctx);
	/* Only now is there room for another kind. */
	vdev->irq_type = VFIO_PCI_NUM_IRQS;
}

/* ---- VFIO_DEVICE_SET_IRQS, under igate ---- */

static bool asked_for(u32 flags, const void *data)
{
	return flags & VFIO_IRQ_SET_DATA_NONE || (flags & VFIO_IRQ_SET_DATA_BOOL && *(const u8 *)data);
}

/* A hypervisor has its interrupt controller unmask for it. */
static int unmask_by_eventfd(struct vfio_pci_core_device *vdev, s32 fd)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, 0);

	if (WARN_ON(!ctx))
		return -EINVAL;
	if (fd >= 0)
		return vfio_virqfd_enable(vdev, vfio_pci_intx_unmask_handler, vfio_send_intx_eventfd,
					  ctx, &ctx->unmask, fd);
	vfio_virqfd_disable(&ctx->unmask);
	return 0;
}

static int vfio_pci_set_intx_unmask(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
				    unsigned int start, unsigned int count, const void *data)
{
	(void)index;
	if (!is_intx(vdev) || start || count != 1)
		return -EINVAL;
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return unmask_by_eventfd(vdev, *(const s32 *)data);
	if (asked_for(flags, data))
		__vfio_pci_intx_unmask(vdev);
	return 0;
}

/* Nobody has needed an eventfd that masks. */
static int vfio_pci_set_intx_mask(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
				  unsigned int start, unsigned int count, const void *data)
{
	(void)index;
	if (!is_intx(vdev) || start || count != 1)
		return -EINVAL;
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	if (asked_for(flags, data))
		__vfio_pci_intx_mask(vdev);
	return 0;
}

static int set_intx_eventfd(struct vfio_pci_core_device *vdev, s32 fd)
{
	struct eventfd_ctx *trigger = fd < 0 ? NULL : eventfd_ctx_fdget(fd);
	int ret;

	if (IS_ERR(trigger))
		return (int)PTR_ERR(trigger);
	ret = is_intx(vdev) ? vfio_intx_set_signal(vdev, trigger) : vfio_intx_enable(vdev, trigger);
	if (ret && trigger)
		eventfd_ctx_put(trigger);
	return ret;
}

static int vfio_pci_set_intx_trigger(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
				     unsigned int start, unsigned int count, const void *data)
{
	(void)index;
	/* "No interrupt" is said as a trigger on no vector. */
	if (is_intx(vdev) && !count && flags & VFIO_IRQ_SET_DATA_NONE) {
		vfio_intx_disable(vdev);
		return 0;
	}
	if (!(is_intx(vdev) || is_irq_none(vdev)) || start || count != 1)
		return -EINVAL;
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_intx_eventfd(vdev, *(const s32 *)data);

	if (!is_intx(vdev))
		return -EINVAL;
	if (asked_for(flags, data))
		vfio_send_intx_eventfd(vdev, vfio_irq_ctx_get(vdev, 0));
	return 0;
}

/* What a user can do with interrupts of which kind. */
typedef int set_irqs_fn(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			unsigned int start, unsigned int count, const void *data);

static set_irqs_fn *handler_of(const struct vfio_pci_core_device *vdev, u32 action, unsigned int index)
{
	bool trigger = action == VFIO_IRQ_SET_ACTION_TRIGGER;

	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		if (action == VFIO_IRQ_SET_ACTION_MASK)
			return vfio_pci_set_intx_mask;
		if (action == VFIO_IRQ_SET_ACTION_UNMASK)
			return vfio_pci_set_intx_unmask;
		return trigger ? vfio_pci_set_intx_trigger : NULL;
	case VFIO_PCI_MSI_IRQ_INDEX:
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return trigger ? vfio_pci_set_msi_trigger : NULL;
	case VFIO_PCI_ERR_IRQ_INDEX:
		return trigger && pci_is_pcie(vdev->pdev) ? vfio_pci_set_eventfd : NULL;
	case VFIO_PCI_REQ_IRQ_INDEX:
		return trigger ? vfio_pci_set_eventfd : NULL;
	default:
		return NULL;
	}
}

int vfio_pci_set_irqs_ioctl(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			    unsigned int start, unsigned int count, void *data)
{
	set_irqs_fn *handler = handler_of(vdev, flags & VFIO_IRQ_SET_ACTION_TYPE_MASK, index);

	return handler ? handler(vdev, flags, index, start, count, data) : -ENOTTY;
}
