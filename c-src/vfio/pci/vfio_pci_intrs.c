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

struct vfio_pci_irq_ctx {
	struct vfio_pci_core_device *vdev;
	struct eventfd_ctx *trigger;
	char *name;
	bool masked;			/* irqlock */
};

static inline bool is_intx(const struct vfio_pci_core_device *vdev)
{
	return vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX;
}

static inline bool is_irq_none(const struct vfio_pci_core_device *vdev)
{
	return vdev->irq_type == VFIO_PCI_NUM_IRQS;
}

static inline struct vfio_pci_irq_ctx *vfio_irq_ctx_get(struct vfio_pci_core_device *vdev,
							unsigned long index)
{
	return xa_load(&vdev->ctx, index);
}

static void vfio_send_intx_eventfd(struct vfio_pci_core_device *vdev,
				   struct vfio_pci_irq_ctx *ctx)
{
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
static bool vfio_pci_intx_unmask_handler(struct vfio_pci_core_device *vdev,
					 struct vfio_pci_irq_ctx *ctx)
{
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

static void free_ctx(struct vfio_pci_core_device *vdev, struct vfio_pci_irq_ctx *ctx)
{
	xa_erase(&vdev->ctx, 0);
	kfree(ctx->name);
	kfree(ctx);
}

static struct vfio_pci_irq_ctx *new_ctx(struct vfio_pci_core_device *vdev,
					struct eventfd_ctx *trigger)
{
	struct vfio_pci_irq_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	ctx->name = kstrdup(pci_name(vdev->pdev), GFP_KERNEL_ACCOUNT);
	if (!ctx->name || xa_insert(&vdev->ctx, 0, ctx, GFP_KERNEL_ACCOUNT)) {
		kfree(ctx->name);
		kfree(ctx);
		return NULL;
	}
	ctx->vdev = vdev;
	ctx->trigger = trigger;
	/* The guest may have disabled INTx before anyone listened to it. */
	ctx->masked = vdev->virq_disabled;
	return ctx;
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

	ctx = new_ctx(vdev, trigger);
	if (!ctx)
		return -ENOMEM;

	if (vdev->pci_2_3)
		pci_intx(pdev, !ctx->masked);
	else
		irqflags = ctx->masked ? IRQF_NO_AUTOEN : 0;

	/* The handler may run before request_irq() returns, and asks for the type. */
	vdev->irq_type = VFIO_PCI_INTX_IRQ_INDEX;
	ret = request_irq(pdev->irq, vfio_intx_handler, irqflags, ctx->name, ctx);
	if (ret) {
		vdev->irq_type = VFIO_PCI_NUM_IRQS;
		free_ctx(vdev, ctx);
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
		eventfd_ctx_put(old);
	}
	return 0;
}

static void vfio_intx_disable(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_irq_ctx *ctx = vfio_irq_ctx_get(vdev, 0);

	if (WARN_ON(!ctx))
		return;
	free_irq(vdev->pdev->irq, ctx);
	if (ctx->trigger)
		eventfd_ctx_put(ctx->trigger);
	vdev->irq_type = VFIO_PCI_NUM_IRQS;
	free_ctx(vdev, ctx);
}

/* ---- VFIO_DEVICE_SET_IRQS, under igate ---- */

/* Masks or unmasks at once. Doing so through an eventfd takes irqfds, which are not here. */
static int set_intx_masked(struct vfio_pci_core_device *vdev, u32 flags, bool masked,
			   const void *data)
{
	bool yes = flags & VFIO_IRQ_SET_DATA_NONE;

	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return -ENOTTY;
	if (flags & VFIO_IRQ_SET_DATA_BOOL)
		yes = *(const u8 *)data;
	if (!yes)
		return 0;
	if (masked)
		__vfio_pci_intx_mask(vdev);
	else
		__vfio_pci_intx_unmask(vdev);
	return 0;
}

static int vfio_pci_set_intx_trigger(struct vfio_pci_core_device *vdev, u32 flags, const void *data)
{
	struct eventfd_ctx *trigger = NULL;
	bool yes = flags & VFIO_IRQ_SET_DATA_NONE;
	s32 fd;
	int ret;

	if (flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		fd = *(const s32 *)data;
		if (fd >= 0)
			trigger = eventfd_ctx_fdget(fd);
		if (IS_ERR(trigger))
			return (int)PTR_ERR(trigger);

		ret = is_intx(vdev) ? vfio_intx_set_signal(vdev, trigger) :
				      vfio_intx_enable(vdev, trigger);
		if (ret && trigger)
			eventfd_ctx_put(trigger);
		return ret;
	}

	if (!is_intx(vdev))
		return -EINVAL;
	if (flags & VFIO_IRQ_SET_DATA_BOOL)
		yes = *(const u8 *)data;
	if (yes)
		vfio_send_intx_eventfd(vdev, vfio_irq_ctx_get(vdev, 0));
	return 0;
}

int vfio_pci_set_irqs_ioctl(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			    unsigned int start, unsigned int count, void *data)
{
	u32 action = flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	/* MSI, errors and requests are not here. */
	if (index != VFIO_PCI_INTX_IRQ_INDEX)
		return -ENOTTY;

	/* "No interrupt" is said as a trigger on no vector. */
	if (is_intx(vdev) && !count && action == VFIO_IRQ_SET_ACTION_TRIGGER &&
	    flags & VFIO_IRQ_SET_DATA_NONE) {
		vfio_intx_disable(vdev);
		return 0;
	}
	if (start || count != 1)
		return -EINVAL;

	if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
		return is_intx(vdev) || is_irq_none(vdev) ?
			       vfio_pci_set_intx_trigger(vdev, flags, data) : -EINVAL;
	if (!is_intx(vdev))
		return -EINVAL;
	return set_intx_masked(vdev, flags, action == VFIO_IRQ_SET_ACTION_MASK, data);
}
