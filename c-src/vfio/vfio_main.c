// SPDX-License-Identifier: GPL-2.0-only
/* The vfio core: devices and their sets, handles on them, and what a user calls through a handle. */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "vfio/vfio.h"

static DEFINE_XARRAY(vfio_device_set_xa);

/* ---- sets ---- */

static struct vfio_device_set *new_set(void *set_id)
{
	struct vfio_device_set *set = kzalloc(sizeof(*set), GFP_KERNEL);

	if (set) {
		set->set_id = set_id;
		mutex_init(&set->lock);
		INIT_LIST_HEAD(&set->device_list);
	}
	return set;
}

/* Joins the set of that id; the first device to ask for it makes it. */
int vfio_assign_device_set(struct vfio_device *device, void *set_id)
{
	unsigned long index = (unsigned long)set_id;
	struct vfio_device_set *fresh, *set;

	if (WARN_ON(!set_id))
		return -EINVAL;

	/* Made beforehand, as allocating may sleep and the lock forbids that. */
	fresh = new_set(set_id);
	if (!fresh)
		return -ENOMEM;

	xa_lock(&vfio_device_set_xa);
	set = xa_load(&vfio_device_set_xa, index);
	if (!set && !__xa_insert(&vfio_device_set_xa, index, fresh, GFP_ATOMIC)) {
		set = fresh;
		fresh = NULL;
	}
	if (set)
		set->device_count++;
	xa_unlock(&vfio_device_set_xa);

	kfree(fresh);
	if (!set)
		return -ENOMEM;

	mutex_lock(&set->lock);
	device->dev_set = set;
	list_add_tail(&device->dev_set_list, &set->device_list);
	mutex_unlock(&set->lock);
	return 0;
}

static void leave_set(struct vfio_device *device)
{
	struct vfio_device_set *set = device->dev_set;
	bool last;

	if (!set)
		return;

	mutex_lock(&set->lock);
	list_del_init(&device->dev_set_list);
	mutex_unlock(&set->lock);

	xa_lock(&vfio_device_set_xa);
	last = --set->device_count == 0;
	if (last)
		__xa_erase(&vfio_device_set_xa, (unsigned long)set->set_id);
	xa_unlock(&vfio_device_set_xa);
	if (last)
		kfree(set);
}

/* ---- devices ---- */

static void release(struct device *dev)
{
	struct vfio_device *device = container_of(dev, struct vfio_device, device);

	leave_set(device);
	if (device->ops->release)
		device->ops->release(device);
	kvfree(device);
}

static int init(struct vfio_device *device, struct device *dev, const struct vfio_device_ops *ops)
{
	int ret;

	device->dev = dev;
	device->ops = ops;
	init_completion(&device->comp);
	INIT_LIST_HEAD(&device->dev_set_list);
	device->inode.i_mapping = &device->inode.i_data;

	ret = ops->init ? ops->init(device) : 0;
	if (ret)
		return ret;
	device_initialize(&device->device);
	device->device.release = release;
	return 0;
}

struct vfio_device *_vfio_alloc_device(size_t size, struct device *dev,
				       const struct vfio_device_ops *ops)
{
	struct vfio_device *device;
	int ret;

	if (WARN_ON(size < sizeof(*device)))
		return ERR_PTR(-EINVAL);

	device = kvzalloc(size, GFP_KERNEL);
	if (!device)
		return ERR_PTR(-ENOMEM);
	ret = init(device, dev, ops);
	if (!ret)
		return device;
	kvfree(device);
	return ERR_PTR(ret);
}

int vfio_register_group_dev(struct vfio_device *device)
{
	int ret = 0;

	/* A driver that says nothing of sets has a device that is reset alone. */
	if (!device->dev_set)
		ret = vfio_assign_device_set(device, device);
	if (!ret)
		ret = vfio_device_set_group(device);
	if (!ret)
		refcount_set(&device->refcount, 1);
	return ret;
}

bool vfio_device_try_get_registration(struct vfio_device *device)
{
	return refcount_inc_not_zero(&device->refcount);
}

void vfio_device_put_registration(struct vfio_device *device)
{
	if (refcount_dec_and_test(&device->refcount))
		complete(&device->comp);
}

/* No handle can be had from here on; returns when those that are out have come back, as is asked for. */
void vfio_unregister_group_dev(struct vfio_device *device)
{
	vfio_device_put_registration(device);
	if (refcount_read(&device->refcount) && device->ops->request)
		device->ops->request(device, 0);
	wait_for_completion(&device->comp);
}

/* ---- handles ---- */

struct vfio_device_file *vfio_allocate_device_file(struct vfio_device *device)
{
	struct vfio_device_file *df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);

	if (!df)
		return ERR_PTR(-ENOMEM);
	df->device = device;
	return df;
}

/* With a reference on the driver's module, which stays for as long as a device of its is open. */
static int first_open(struct vfio_device *device)
{
	const struct vfio_device_ops *ops = device->ops;
	int ret = 0;

	if (!try_module_get(device->dev->driver->owner))
		return -ENODEV;
	if (ops->open_device)
		ret = ops->open_device(device);
	if (ret)
		module_put(device->dev->driver->owner);
	return ret;
}

static void last_close(struct vfio_device *device)
{
	struct module *owner = device->dev->driver->owner;

	if (device->ops->close_device)
		device->ops->close_device(device);
	module_put(owner);
}

/* The first handle opens the device. The caller holds the set's lock, here and in the close. */
int vfio_df_open(struct vfio_device_file *df)
{
	struct vfio_device *device = df->device;
	int ret = 0;

	lockdep_assert_held(&device->dev_set->lock);

	if (++device->open_count == 1)
		ret = first_open(device);
	if (ret)
		device->open_count--;
	else
		smp_store_release(&df->access_granted, true);
	return ret;
}

/* The last handle closes the device, which still counts as open while that goes on. */
void vfio_df_close(struct vfio_device_file *df)
{
	struct vfio_device *device = df->device;

	lockdep_assert_held(&device->dev_set->lock);

	if (WARN_ON(!device->open_count))
		return;
	if (device->open_count == 1)
		last_close(device);
	device->open_count--;
}

/* NULL where the open has not succeeded. */
static inline struct vfio_device *opened(struct file *filep)
{
	struct vfio_device_file *df = filep->private_data;

	return smp_load_acquire(&df->access_granted) ? df->device : NULL;
}

static int fops_release(struct inode *inode, struct file *filep)
{
	struct vfio_device_file *df = filep->private_data;
	struct vfio_device *device = df->device;

	(void)inode;
	mutex_lock(&device->dev_set->lock);
	vfio_df_close(df);
	mutex_unlock(&device->dev_set->lock);

	vfio_device_put_registration(device);
	kfree(df);
	return 0;
}

/* A user of a device keeps it awake for as long as the call takes. */
static int vfio_device_pm_runtime_get(struct vfio_device *device)
{
	struct device *dev = device->dev;

	if (!dev->driver || !dev->driver->pm)
		return 0;
	return pm_runtime_resume_and_get(dev) < 0 ? -EIO : 0;
}

static void vfio_device_pm_runtime_put(struct vfio_device *device)
{
	struct device *dev = device->dev;

	if (dev->driver && dev->driver->pm)
		pm_runtime_put(dev);
}

static int carry_out(struct vfio_device *device, u32 flags, void __user *data, size_t argsz)
{
	switch (flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
		return vfio_ioctl_device_feature_mig_device_state(device, flags, data, argsz);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
		return vfio_ioctl_device_feature_logging_start(device, flags, data, argsz);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP:
		return vfio_ioctl_device_feature_logging_stop(device, flags, argsz);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT:
		return vfio_ioctl_device_feature_logging_report(device, flags, data, argsz);
	default:
		return device->ops->device_feature ?
			       device->ops->device_feature(device, flags, data, argsz) : -ENOTTY;
	}
}

static int feature_ioctl(struct vfio_device *device, struct vfio_device_feature __user *user)
{
	const size_t header = offsetof(struct vfio_device_feature, data);
	const u32 verbs = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET |
			  VFIO_DEVICE_FEATURE_PROBE;
	struct vfio_device_feature feature;

	if (copy_from_user(&feature, user, header))
		return -EFAULT;
	if (feature.argsz < header)
		return -EINVAL;
	if (feature.flags & ~(VFIO_DEVICE_FEATURE_MASK | verbs))
		return -EINVAL;
	/* Getting and setting at once makes sense in a probe only. */
	if (!(feature.flags & VFIO_DEVICE_FEATURE_PROBE) &&
	    (feature.flags & VFIO_DEVICE_FEATURE_GET) && (feature.flags & VFIO_DEVICE_FEATURE_SET))
		return -EINVAL;
	return carry_out(device, feature.flags, user->data, feature.argsz - header);
}

static long fops_ioctl(struct file *filep, unsigned int cmd, unsigned long arg)
{
	struct vfio_device *device = opened(filep);
	long ret;

	if (!device)
		return -EINVAL;

	ret = vfio_device_pm_runtime_get(device);
	if (ret)
		return ret;

	if (cmd == VFIO_DEVICE_FEATURE)
		ret = feature_ioctl(device, (struct vfio_device_feature __user *)arg);
	else if (device->ops->ioctl)
		ret = device->ops->ioctl(device, cmd, arg);
	else
		ret = -EINVAL;

	vfio_device_pm_runtime_put(device);
	return ret;
}

static ssize_t fops_read(struct file *filep, char __user *buf, size_t count, loff_t *ppos)
{
	struct vfio_device *device = opened(filep);

	if (!device || !device->ops->read)
		return -EINVAL;
	return device->ops->read(device, buf, count, ppos);
}

static ssize_t fops_write(struct file *filep, const char __user *buf, size_t count, loff_t *ppos)
{
	struct vfio_device *device = opened(filep);

	if (!device || !device->ops->write)
		return -EINVAL;
	return device->ops->write(device, buf, count, ppos);
}

const struct file_operations vfio_device_fops = {
	.read = fops_read,
	.write = fops_write,
	.unlocked_ioctl = fops_ioctl,
	.release = fops_release,
};

/* ---- for drivers ---- */

/* Handles on all devices of a set. */
unsigned int vfio_device_set_open_count(struct vfio_device_set *dev_set)
{
	struct vfio_device *device;
	unsigned int handles = 0;

	lockdep_assert_held(&dev_set->lock);
	list_for_each_entry(device, &dev_set->device_list, dev_set_list)
		handles += device->open_count;
	return handles;
}

struct vfio_device *vfio_find_device_in_devset(struct vfio_device_set *dev_set, struct device *dev)
{
	struct vfio_device *device;

	lockdep_assert_held(&dev_set->lock);
	list_for_each_entry(device, &dev_set->device_list, dev_set_list)
		if (device->dev == dev)
			return device;
	return NULL;
}

/* Are these vectors that there are, and one form of data? Says how much of it follows. */
int vfio_set_irqs_validate_and_prepare(struct vfio_irq_set *hdr, int num_irqs, int max_irq_type,
				       size_t *data_size)
{
	const size_t header = offsetof(struct vfio_irq_set, data);
	u32 data = hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	size_t size = 0;

	if (hdr->argsz < header || hdr->index >= (u32)max_irq_type ||
	    hdr->flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK))
		return -EINVAL;
	if (hdr->start >= (u32)num_irqs || hdr->count > (u32)num_irqs - hdr->start)
		return -EINVAL;

	switch (data) {
	case VFIO_IRQ_SET_DATA_NONE:
		break;
	case VFIO_IRQ_SET_DATA_BOOL:
		size = sizeof(u8);
		break;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		size = sizeof(s32);
		break;
	default:
		return -EINVAL;
	}
	if (hdr->argsz - header < size * hdr->count)
		return -EINVAL;
	*data_size = size * hdr->count;
	return 0;
}
