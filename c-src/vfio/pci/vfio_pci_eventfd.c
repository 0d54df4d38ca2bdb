// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds that no interrupt of the function's signals: one for errors on its link, one for when the kernel
 * wants the device back. Both are signalled without a lock, so that readers go by RCU; igate serialises
 * who changes them.
 */
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "vfio/pci/vfio_pci_priv.h"

struct vfio_pci_eventfd {
	struct eventfd_ctx *ctx;
	struct rcu_head rcu;
};

static void vfio_pci_eventfd_rcu_free(struct rcu_head *rcu)
{
	struct vfio_pci_eventfd *eventfd = container_of(rcu, struct vfio_pci_eventfd, rcu);

	eventfd_ctx_put(eventfd->ctx);
	kfree(eventfd);
}

/* @ctx: the caller's reference, which goes along; NULL for none. */
static int vfio_pci_eventfd_replace_locked(struct vfio_pci_core_device *vdev,
					   struct vfio_pci_eventfd __rcu **peventfd,
					   struct eventfd_ctx *ctx)
{
	struct vfio_pci_eventfd *fresh = NULL, *old;

	if (ctx) {
		fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
		if (!fresh)
			return -ENOMEM;
		fresh->ctx = ctx;
	}
	old = rcu_replace_pointer(*peventfd, fresh, &vdev->igate);
	if (old)
		call_rcu(&old->rcu, vfio_pci_eventfd_rcu_free);
	return 0;
}

static bool signal_it(struct vfio_pci_eventfd __rcu **peventfd)
{
	const struct vfio_pci_eventfd *eventfd;

	rcu_read_lock();
	eventfd = rcu_dereference(*peventfd);
	if (eventfd)
		eventfd_signal(eventfd->ctx);
	rcu_read_unlock();
	return eventfd;
}

static int set_it(struct vfio_pci_core_device *vdev, struct vfio_pci_eventfd __rcu **peventfd, s32 fd)
{
	struct eventfd_ctx *ctx = NULL;
	int ret;

	/* -1 takes it away; other negative numbers have no meaning yet. */
	if (fd < -1)
		return 0;
	if (fd >= 0)
		ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return (int)PTR_ERR(ctx);

	ret = vfio_pci_eventfd_replace_locked(vdev, peventfd, ctx);
	if (ret && ctx)
		eventfd_ctx_put(ctx);
	return ret;
}

/* A trigger on nothing takes the eventfd away; one on it tries it out. */
int vfio_pci_set_eventfd(struct vfio_pci_core_device *vdev, u32 flags, unsigned int index,
			 unsigned int start, unsigned int count, const void *data)
{
	struct vfio_pci_eventfd __rcu **peventfd =
		index == VFIO_PCI_ERR_IRQ_INDEX ? &vdev->err_trigger : &vdev->req_trigger;

	if (start || count > 1)
		return -EINVAL;

	if (flags & VFIO_IRQ_SET_DATA_NONE && *peventfd) {
		if (count)
			signal_it(peventfd);
		else
			vfio_pci_eventfd_replace_locked(vdev, peventfd, NULL);
		return 0;
	}
	if (flags & VFIO_IRQ_SET_DATA_NONE || !count)
		return -EINVAL;

	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_it(vdev, peventfd, *(const s32 *)data);
	if (*(const u8 *)data)
		signal_it(peventfd);
	return 0;
}

void vfio_pci_forget_eventfds(struct vfio_pci_core_device *vdev)
{
	mutex_lock(&vdev->igate);
	vfio_pci_eventfd_replace_locked(vdev, &vdev->err_trigger, NULL);
	vfio_pci_eventfd_replace_locked(vdev, &vdev->req_trigger, NULL);
	mutex_unlock(&vdev->igate);
}

/* A user that does not listen is not asked by any other means. */
void vfio_pci_core_request(struct vfio_device *core_vdev, unsigned int count)
{
	(void)count;
	signal_it(&to_vfio_pci_core(core_vdev)->req_trigger);
}

pci_ers_result_t vfio_pci_core_aer_err_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct vfio_pci_core_device *vdev = dev_get_drvdata(&pdev->dev);

	(void)state;
	signal_it(&vdev->err_trigger);
	return PCI_ERS_RESULT_CAN_RECOVER;
}

const struct pci_error_handlers vfio_pci_core_err_handlers = {
	.error_detected = vfio_pci_core_aer_err_detected,
};
