/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VFIO_H
#define _LINUX_VFIO_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <uapi/linux/vfio.h>

struct vfio_device;

/* Devices that are reset together, and so are opened and closed under one lock. */
struct vfio_device_set {
	void *set_id;
	struct mutex lock;
	struct list_head device_list;
	unsigned int device_count;
};

struct vfio_device_ops {
	const char *name;
	/* with the device's memory, before anyone knows of it, and when nobody does any more */
	int (*init)(struct vfio_device *device);
	void (*release)(struct vfio_device *device);
	/* first handle and last, under dev_set->lock */
	int (*open_device)(struct vfio_device *device);
	void (*close_device)(struct vfio_device *device);
	/* through a handle, any number at once */
	ssize_t (*read)(struct vfio_device *device, char __user *to, size_t count, loff_t *at);
	ssize_t (*write)(struct vfio_device *device, const char __user *from, size_t count,
			 loff_t *at);
	long (*ioctl)(struct vfio_device *device, unsigned int cmd, unsigned long arg);
	/* the kernel wants the device back, and asks for the @count-th time */
	void (*request)(struct vfio_device *device, unsigned int count);
	/* through a handle */
	int (*device_feature)(struct vfio_device *device, u32 flags, void __user *arg, size_t len);
};

/* What a driver has to say to a user who moves a device to another machine. */
struct vfio_migration_ops {
	/* a file that has, or takes, the device's state; NULL where the new state needs none; or an errno */
	struct file *(*migration_set_state)(struct vfio_device *vdev, enum vfio_device_mig_state to);
	int (*migration_get_state)(struct vfio_device *vdev, enum vfio_device_mig_state *now);
};

/* ... and meanwhile wants to know which pages the device writes. */
struct vfio_log_ops {
	int (*log_start)(struct vfio_device *vdev,
			 const struct vfio_device_feature_dma_logging_range *ranges, u32 nnodes,
			 u64 *page_size);
	int (*log_stop)(struct vfio_device *vdev);
	int (*log_read_and_clear)(struct vfio_device *vdev, u64 iova, u64 length);
};

struct vfio_device {
	struct device *dev;
	const struct vfio_device_ops *ops;
	/* NULL, or set by the driver before it registers the device */
	const struct vfio_migration_ops *mig_ops;
	const struct vfio_log_ops *log_ops;
	struct vfio_device_set *dev_set;
	struct list_head dev_set_list;
	unsigned int migration_flags;
	struct device device;
	refcount_t refcount;		/* of the registration */
	unsigned int open_count;	/* dev_set->lock */
	struct completion comp;		/* the registration's last reference is gone */
	struct inode inode;
#if __SIZEOF_POINTER__ == 8
	u8 kernel_has_more[704];	/* what a 6.12 kernel keeps here besides */
#endif
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct vfio_device) == 1056, "vfio_device");
#endif

struct vfio_device *_vfio_alloc_device(size_t size, struct device *dev,
				       const struct vfio_device_ops *ops);

/* @member must come first, so that one allocation serves both. */
#define vfio_alloc_device(type, member, dev, ops) \
	container_of(_vfio_alloc_device(sizeof(struct type), (dev), (ops)), struct type, member)

static inline void vfio_put_device(struct vfio_device *device)
{
	put_device(&device->device);
}

/* Number of the group that stands for a function's IOMMU group. */
u32 vfio_group_id(const struct device *dev);

bool vfio_file_is_group(struct file *file);
/* Is that a file of the group that the device is in? */
bool vfio_file_has_dev(struct file *file, struct vfio_device *device);

unsigned int vfio_device_set_open_count(struct vfio_device_set *dev_set);
/* The device of the set that is of that function's; NULL: none is. */
struct vfio_device *vfio_find_device_in_devset(struct vfio_device_set *dev_set, struct device *dev);
int vfio_assign_device_set(struct vfio_device *device, void *set_id);
int vfio_register_group_dev(struct vfio_device *device);
void vfio_unregister_group_dev(struct vfio_device *device);

/* A driver that has some of mig_ops or log_ops must have all of them. */
static inline bool vfio_mig_ops_are_complete(const struct vfio_device *device)
{
	const struct vfio_migration_ops *mig = device->mig_ops;
	const struct vfio_log_ops *log = device->log_ops;

	if (mig && !(mig->migration_set_state && mig->migration_get_state &&
		     device->migration_flags & VFIO_MIGRATION_STOP_COPY))
		return false;
	return !log || (log->log_start && log->log_stop && log->log_read_and_clear);
}

/* The next state on the way from one migration state to another; -EINVAL where there is no way. */
int vfio_mig_get_next_state(struct vfio_device *device, enum vfio_device_mig_state cur_fsm,
			    enum vfio_device_mig_state new_fsm, enum vfio_device_mig_state *next_fsm);

/* Where a feature ioctl stands: < 0 an errno, 0 all done, 1 the feature is to be carried out. */
static inline int vfio_check_feature(u32 flags, size_t argsz, u32 supported_ops, size_t minsz)
{
	u32 verbs = flags & (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET);

	if (verbs & ~supported_ops)
		return -EINVAL;
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	return verbs && argsz >= minsz ? 1 : -EINVAL;
}

int vfio_set_irqs_validate_and_prepare(struct vfio_irq_set *hdr, int num_irqs, int max_irq_type,
				       size_t *data_size);

/*
 * An eventfd that calls when it is signalled: @handler in atomic context, and @thread as an item of work, if there is
 * no handler or it returns nonzero.
 */
struct virqfd;

int vfio_virqfd_enable(void *opaque, int (*handler)(void *opaque, void *data),
		       void (*thread)(void *opaque, void *data), void *data, struct virqfd **pvirqfd,
		       int fd);
void vfio_virqfd_disable(struct virqfd **pvirqfd);
void vfio_virqfd_flush_thread(struct virqfd **pvirqfd);
/* Before any is enabled. */
int vfio_virqfd_init(void);

#endif
