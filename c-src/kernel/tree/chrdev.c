// SPDX-License-Identifier: GPL-2.0-only
/* Character devices, as users find them: by number, and misc devices by name. */
#include <linux/cdev.h>
#include <linux/device/class.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/version.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(alloc_chrdev_region);
STUB_FAULT(cdev_add);
STUB_FAULT(class_register);
STUB_FAULT(misc_register);

#define FIRST_MAJOR 234

/* Those that are there. A place that is free again is there for the next one. */
struct place {
	struct place *next;
	struct cdev *cdev;		/* or, where it is none: */
	struct miscdevice *misc;
};

static __machine struct {
	struct mutex lock;
	u32 majors;
	int minors;			/* of misc devices */
	struct place *first;
} devices;

static struct place *find_place(const struct cdev *cdev, const struct miscdevice *misc)
{
	struct place *at = devices.first;

	while (at && (at->cdev != cdev || at->misc != misc))
		at = at->next;
	return at;
}

/* With the lock held. */
static int put_in(struct cdev *cdev, struct miscdevice *misc)
{
	struct place *at = find_place(NULL, NULL);

	if (!at) {
		at = stub_keep(sizeof(*at));
		if (at) {
			at->next = devices.first;
			devices.first = at;
		}
	}
	if (!at)
		return -ENOMEM;
	at->cdev = cdev;
	at->misc = misc;
	return 0;
}

static int add(struct cdev *cdev)
{
	int ret;

	mutex_lock(&devices.lock);
	ret = put_in(cdev, NULL);
	mutex_unlock(&devices.lock);
	return ret;
}

/* Was it there? */
static bool take_out(const struct cdev *cdev, const struct miscdevice *misc)
{
	struct place *at;

	mutex_lock(&devices.lock);
	at = find_place(cdev, misc);
	if (at)
		at->cdev = NULL, at->misc = NULL;
	mutex_unlock(&devices.lock);
	return at;
}

/* ---- numbers: no major is given out twice ---- */

int alloc_chrdev_region(dev_t *first, unsigned int minor, unsigned int count, const char *name)
{
	stub_might_sleep(&devices);
	if (stub_should_fail(alloc_chrdev_region))
		return -EBUSY;
	*first = MKDEV(FIRST_MAJOR + __atomic_fetch_add(&devices.majors, 1, __ATOMIC_RELAXED), minor);
	return 0;
}

void unregister_chrdev_region(dev_t first, unsigned int count)
{
}

/* ---- character devices: each holds the device that it is part of, and its opener holds it ---- */

void cdev_init(struct cdev *cdev, const struct file_operations *fops)
{
	memset(cdev, 0, sizeof(*cdev));
	INIT_LIST_HEAD(&cdev->list);
	kref_init(&cdev->kobj.kref);
	cdev->ops = fops;
}

static struct device *parent_of(const struct cdev *cdev)
{
	return cdev->kobj.parent ? container_of(cdev->kobj.parent, struct device, kobj) : NULL;
}

static void gone(struct kref *kref)
{
	put_device(parent_of(container_of(kref, struct cdev, kobj.kref)));
}

void cdev_set_parent(struct cdev *cdev, struct kobject *kobj)
{
	cdev->kobj.parent = kobj;
}

int cdev_add(struct cdev *cdev, dev_t dev, unsigned int count)
{
	int ret;

	cdev->dev = dev;
	cdev->count = count;
	ret = stub_should_fail(cdev_add) ? -ENOMEM : add(cdev);
	if (!ret)
		get_device(parent_of(cdev));
	return ret;
}

void cdev_del(struct cdev *cdev)
{
	take_out(cdev, NULL);
	kref_put(&cdev->kobj.kref, gone);
}

int cdev_device_add(struct cdev *cdev, struct device *dev)
{
	int ret = 0;

	if (dev->devt) {
		cdev_set_parent(cdev, &dev->kobj);
		ret = cdev_add(cdev, dev->devt, 1);
	}
	if (ret)
		return ret;
	ret = device_add(dev);
	if (ret && dev->devt)
		cdev_del(cdev);
	return ret;
}

void cdev_device_del(struct cdev *cdev, struct device *dev)
{
	device_del(dev);
	if (dev->devt)
		cdev_del(cdev);
}

/* ---- misc devices ---- */

static bool is_minor_taken(int minor)
{
	for (const struct place *at = devices.first; at; at = at->next)
		if (at->misc && at->misc->minor == minor)
			return true;
	return false;
}

int misc_register(struct miscdevice *misc)
{
	bool is_dynamic = misc->minor == MISC_DYNAMIC_MINOR;
	int ret = -EBUSY;

	INIT_LIST_HEAD(&misc->list);
	mutex_lock(&devices.lock);
	if (!stub_should_fail(misc_register) && (is_dynamic || !is_minor_taken(misc->minor)))
		ret = put_in(NULL, misc);
	if (!ret && is_dynamic)
		misc->minor = MISC_DYNAMIC_MINOR + 1 + devices.minors++;
	mutex_unlock(&devices.lock);
	return ret;
}

/* What was given a minor is given one the next time as well. */
void misc_deregister(struct miscdevice *misc)
{
	if (!WARN_ON(!take_out(NULL, misc)) && misc->minor > MISC_DYNAMIC_MINOR)
		misc->minor = MISC_DYNAMIC_MINOR;
}

/* ---- opening ---- */

/* The last reference on a file that was opened here has gone. */
void stub_file_closed(struct file *filp)
{
	struct cdev *cdev = filp->f_inode->i_cdev;

	module_put(filp->f_op->owner);
	if (cdev) {
		struct module *owner = cdev->owner;

		kref_put(&cdev->kobj.kref, gone);
		module_put(owner);
	}
	/* In an interrupt, a kernel would leave this to a task. */
	stub_inode_put(filp->f_inode);
}

/* @data: what it has before its opener comes. */
static struct file *open_file(const struct file_operations *fops, struct cdev *cdev, dev_t dev, void *data)
{
	struct file *filp = stub_kmalloc(sizeof(*filp), GFP_KERNEL | __GFP_ZERO);
	struct inode *inode = alloc_anon_inode(NULL);
	int ret;

	if (!filp || IS_ERR(inode)) {
		kfree(filp);
		iput(IS_ERR(inode) ? NULL : inode);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_mode |= S_IFCHR;
	inode->i_rdev = dev;
	inode->i_cdev = cdev;
	stub_file_init(filp, fops, data);
	mutex_init(&filp->f_pos_lock);
	filp->f_inode = inode;
	filp->f_mapping = inode->i_mapping;
	filp->f_flags = O_RDWR;
	filp->f_mode = FMODE_READ | FMODE_WRITE;
	ret = fops->open ? fops->open(inode, filp) : 0;
	if (!ret)
		return filp;
	/* It is not released, having not been opened. */
	iput(inode);
	kfree(filp);
	return ERR_PTR(ret);
}

static struct cdev *get_cdev(dev_t dev)
{
	struct cdev *found = NULL;

	mutex_lock(&devices.lock);
	for (struct place *at = devices.first; at && !found; at = at->next)
		if (at->cdev && dev - at->cdev->dev < at->cdev->count && try_module_get(at->cdev->owner)) {
			found = at->cdev;
			kref_get(&found->kobj.kref);
		}
	mutex_unlock(&devices.lock);
	return found;
}

struct file *stub_open_chrdev(dev_t dev)
{
	struct cdev *cdev = get_cdev(dev);
	struct file *filp = ERR_PTR(-ENXIO);

	if (!cdev)
		return filp;
	if (try_module_get(cdev->ops->owner)) {
		filp = open_file(cdev->ops, cdev, dev, NULL);
		if (!IS_ERR(filp))
			return filp;
		module_put(cdev->ops->owner);
	}
	module_put(cdev->owner);
	kref_put(&cdev->kobj.kref, gone);
	return filp;
}

/* As udev names it: by the device that it is part of. */
struct file *stub_open_device(const char *name)
{
	dev_t dev = 0;

	mutex_lock(&devices.lock);
	for (struct place *at = devices.first; at && !dev; at = at->next)
		if (at->cdev && parent_of(at->cdev) && !strcmp(dev_name(parent_of(at->cdev)), name))
			dev = at->cdev->dev;
	mutex_unlock(&devices.lock);
	return dev ? stub_open_chrdev(dev) : ERR_PTR(-ENOENT);
}

static struct miscdevice *get_misc(const char *name)
{
	struct miscdevice *found = NULL;

	mutex_lock(&devices.lock);
	for (struct place *at = devices.first; at && !found; at = at->next)
		if (at->misc && !strcmp(at->misc->name, name) && try_module_get(at->misc->fops->owner))
			found = at->misc;
	mutex_unlock(&devices.lock);
	return found;
}

struct file *stub_open_misc(const char *name)
{
	struct miscdevice *misc = get_misc(name);
	const struct file_operations *fops;
	struct file *filp;

	if (!misc)
		return ERR_PTR(-ENODEV);
	fops = misc->fops;
	filp = open_file(fops, NULL, MKDEV(MISC_MAJOR, misc->minor), misc);
	if (IS_ERR(filp))
		module_put(fops->owner);
	return filp;
}

/* ---- what opening leaves to a driver ---- */

int stream_open(struct inode *inode, struct file *filp)
{
	filp->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_ATOMIC_POS);
	filp->f_mode |= FMODE_STREAM;
	return 0;
}

int nonseekable_open(struct inode *inode, struct file *filp)
{
	filp->f_mode &= ~(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

/* ---- classes: names that devices are listed under, and nothing is listed ---- */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
int __class_register(struct class *class, struct lock_class_key *key)
{
	return stub_should_fail(class_register) ? -ENOMEM : 0;
}

void class_unregister(struct class *class)
{
}

struct class *__class_create(struct module *owner, const char *name, struct lock_class_key *key)
#else
int class_register(const struct class *class)
{
	return stub_should_fail(class_register) ? -ENOMEM : 0;
}

void class_unregister(const struct class *class)
{
}

struct class *class_create(const char *name)
#endif
{
	struct class *class = stub_kmalloc(sizeof(*class), GFP_KERNEL | __GFP_ZERO);

	if (!class)
		return ERR_PTR(-ENOMEM);
	class->name = name;
	return class;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
void class_destroy(struct class *class)
#else
void class_destroy(const struct class *class)
#endif
{
	if (!IS_ERR_OR_NULL(class))
		kfree(class);
}
