// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eventfds that write to a BAR when they are signalled, so that a guest's doorbells need no round trip
 * through its hypervisor.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vfio/pci/vfio_pci_priv.h"

#define VFIO_PCI_IOEVENTFD_MAX 1000

struct vfio_pci_ioeventfd {
	struct list_head next;
	struct vfio_pci_core_device *vdev;
	struct virqfd *virqfd;
	void __iomem *addr;
	u64 data;
	u64 pos;
	int bar;
	int count;
	bool test_mem;			/* it is memory, which can be off */
};

/* Where its memory is off, the function would not have heard of the write. */
static void write_once(const struct vfio_pci_ioeventfd *it)
{
	if (!it->test_mem || __vfio_pci_memory_enabled(it->vdev))
		vfio_pci_io_write(it->addr + it->pos, it->count, (u32)it->data);
}

/* May not sleep; who holds the lock for writing is about to take the memory away, and worth waiting for. */
static int vfio_pci_ioeventfd_handler(void *opaque, void *unused)
{
	struct vfio_pci_ioeventfd *it = opaque;

	(void)unused;
	if (!down_read_trylock(&it->vdev->memory_lock))
		return 1;
	write_once(it);
	up_read(&it->vdev->memory_lock);
	return 0;
}

static void vfio_pci_ioeventfd_thread(void *opaque, void *unused)
{
	struct vfio_pci_ioeventfd *it = opaque;

	(void)unused;
	down_read(&it->vdev->memory_lock);
	write_once(it);
	up_read(&it->vdev->memory_lock);
}

static void stop(struct vfio_pci_ioeventfd *it)
{
	vfio_virqfd_disable(&it->virqfd);
	list_del_init(&it->next);
}

static struct vfio_pci_ioeventfd *find(struct vfio_pci_core_device *vdev,
				       const struct vfio_pci_ioeventfd *like)
{
	struct vfio_pci_ioeventfd *it;

	list_for_each_entry(it, &vdev->ioeventfds_list, next)
		if (it->pos == like->pos && it->bar == like->bar && it->data == like->data &&
		    it->count == like->count)
			return it;
	return NULL;
}

static int add(struct vfio_pci_core_device *vdev, const struct vfio_pci_ioeventfd *like, int fd)
{
	struct vfio_pci_ioeventfd *it;
	int ret;

	if (vdev->ioeventfds_nr >= VFIO_PCI_IOEVENTFD_MAX)
		return -ENOSPC;
	it = kzalloc(sizeof(*it), GFP_KERNEL_ACCOUNT);
	if (!it)
		return -ENOMEM;

	*it = *like;
	ret = vfio_virqfd_enable(it, vfio_pci_ioeventfd_handler, vfio_pci_ioeventfd_thread, NULL,
				 &it->virqfd, fd);
	if (ret) {
		kfree(it);
		return ret;
	}
	list_add_tail(&it->next, &vdev->ioeventfds_list);
	vdev->ioeventfds_nr++;
	return 0;
}

/* The table of MSI-X is the kernel's to write. */
static bool hits_msix_table(const struct vfio_pci_core_device *vdev, int bar, u64 pos, int count)
{
	return bar == vdev->msix_bar && pos < (u64)vdev->msix_offset + vdev->msix_size &&
	       pos + count > vdev->msix_offset;
}

static int vfio_pci_ioeventfd(struct vfio_pci_core_device *vdev, u64 offset, u64 data, int count, int fd)
{
	struct vfio_pci_ioeventfd like = {
		.vdev = vdev, .data = data, .count = count,
		.pos = offset & VFIO_PCI_OFFSET_MASK,
	};
	struct vfio_pci_ioeventfd *known;
	int ret;

	if (VFIO_PCI_OFFSET_TO_INDEX(offset) > VFIO_PCI_BAR5_REGION_INDEX)
		return -EINVAL;
	like.bar = (int)VFIO_PCI_OFFSET_TO_INDEX(offset);
	like.test_mem = pci_resource_flags(vdev->pdev, like.bar) & IORESOURCE_MEM;
	if (like.pos + count > pci_resource_len(vdev->pdev, like.bar) ||
	    hits_msix_table(vdev, like.bar, like.pos, count))
		return -EINVAL;
	/* There is no write of eight bytes on a 32-bit machine. */
	if (count == 8)
		return -EINVAL;

	ret = vfio_pci_core_setup_barmap(vdev, like.bar);
	if (ret)
		return ret;
	like.addr = vdev->barmap[like.bar];

	mutex_lock(&vdev->ioeventfds_lock);
	known = find(vdev, &like);
	if (known && fd == -1) {
		stop(known);
		vdev->ioeventfds_nr--;
		kfree(known);
	} else if (known) {
		ret = -EEXIST;
	} else {
		ret = fd < 0 ? -ENODEV : add(vdev, &like, fd);
	}
	mutex_unlock(&vdev->ioeventfds_lock);
	return ret;
}

long vfio_pci_ioctl_ioeventfd(struct vfio_pci_core_device *vdev,
			      struct vfio_device_ioeventfd __user *user)
{
	const size_t needed = offsetof(struct vfio_device_ioeventfd, reserved);
	struct vfio_device_ioeventfd what;
	u32 bytes;

	if (copy_from_user(&what, user, needed))
		return -EFAULT;
	bytes = what.flags & VFIO_DEVICE_IOEVENTFD_SIZE_MASK;
	if (what.argsz < needed || what.flags != bytes || !bytes || bytes & (bytes - 1) || what.fd < -1)
		return -EINVAL;
	return vfio_pci_ioeventfd(vdev, what.offset, what.data, (int)bytes, what.fd);
}

/* With the last handle gone, nobody else comes here. */
void vfio_pci_free_ioeventfds(struct vfio_pci_core_device *vdev)
{
	while (!list_empty(&vdev->ioeventfds_list)) {
		struct vfio_pci_ioeventfd *it =
			list_entry(vdev->ioeventfds_list.next, struct vfio_pci_ioeventfd, next);

		stop(it);
		kfree(it);
	}
	vdev->ioeventfds_nr = 0;
}
