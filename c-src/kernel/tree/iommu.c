// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU groups: devices that an IOMMU cannot tell apart, and who owns what they do with memory. Translation is none of this:
 * functions here make no DMA.
 */
#include <linux/iommu.h>

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(device_iommu_capable);
STUB_FAULT(iommu_group_alloc);
STUB_FAULT(iommu_group_claim_dma_owner);

struct member {
	struct list_head list;
	struct device *dev;
};

struct iommu_group {
	struct kref kref;
	int id;
	struct mutex mutex;		/* of all below */
	struct list_head members;
	void *owner;
	unsigned int owners;
	char *name;
	void *data;
	void (*release)(void *data);
};

static __machine int last_id;

struct iommu_group *iommu_group_alloc(void)
{
	struct iommu_group *group = stub_should_fail(iommu_group_alloc) ? NULL : kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return ERR_PTR(-ENOMEM);
	kref_init(&group->kref);
	mutex_init(&group->mutex);
	INIT_LIST_HEAD(&group->members);
	group->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_SEQ_CST);
	return group;
}

static void release(struct kref *kref)
{
	struct iommu_group *group = container_of(kref, struct iommu_group, kref);

	if (group->release)
		group->release(group->data);
	kfree(group->name);
	kfree(group);
}

struct iommu_group *iommu_group_ref_get(struct iommu_group *group)
{
	kref_get(&group->kref);
	return group;
}

void iommu_group_put(struct iommu_group *group)
{
	if (group)
		kref_put(&group->kref, release);
}

struct iommu_group *iommu_group_get(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	return group ? iommu_group_ref_get(group) : NULL;
}

int iommu_group_id(struct iommu_group *group)
{
	return group->id;
}

int iommu_group_set_name(struct iommu_group *group, const char *name)
{
	kfree(group->name);
	group->name = name ? kstrdup(name, GFP_KERNEL) : NULL;
	return name && !group->name ? -ENOMEM : 0;
}

void *iommu_group_get_iommudata(struct iommu_group *group)
{
	return group->data;
}

void iommu_group_set_iommudata(struct iommu_group *group, void *data, void (*release)(void *data))
{
	group->data = data;
	group->release = release;
}

/* ---- members: each has a reference on its group ---- */

int iommu_group_add_device(struct iommu_group *group, struct device *dev)
{
	struct member *member = kzalloc(sizeof(*member), GFP_KERNEL);

	if (!member)
		return -ENOMEM;
	member->dev = dev;
	dev->iommu_group = iommu_group_ref_get(group);
	mutex_lock(&group->mutex);
	list_add_tail(&member->list, &group->members);
	mutex_unlock(&group->mutex);
	return 0;
}

static struct member *take_out(struct iommu_group *group, const struct device *dev)
{
	struct member *at;

	list_for_each_entry(at, &group->members, list)
		if (at->dev == dev) {
			list_del(&at->list);
			return at;
		}
	return NULL;
}

void iommu_group_remove_device(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;
	struct member *member;

	if (!group)
		return;
	mutex_lock(&group->mutex);
	member = take_out(group, dev);
	mutex_unlock(&group->mutex);
	if (!member)
		return;
	kfree(member);
	dev->iommu_group = NULL;
	iommu_group_put(group);
}

int iommu_group_for_each_dev(struct iommu_group *group, void *data, int (*fn)(struct device *dev, void *data))
{
	struct member *at;
	int ret = 0;

	mutex_lock(&group->mutex);
	list_for_each_entry(at, &group->members, list) {
		ret = fn(at->dev, data);
		if (ret)
			break;
	}
	mutex_unlock(&group->mutex);
	return ret;
}

/* ---- whose their DMA is: one owner's at a time ---- */

int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
{
	int ret = -EPERM;

	if (WARN_ON(!owner))
		return -EINVAL;
	if (stub_should_fail(iommu_group_claim_dma_owner))
		return -EBUSY;
	mutex_lock(&group->mutex);
	if (!group->owners) {
		group->owner = owner;
		group->owners = 1;
		ret = 0;
	}
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_group_release_dma_owner(struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	if (!WARN_ON(!group->owners || !group->owner)) {
		group->owners = 0;
		group->owner = NULL;
	}
	mutex_unlock(&group->mutex);
}

bool iommu_group_dma_owner_claimed(struct iommu_group *group)
{
	bool claimed;

	mutex_lock(&group->mutex);
	claimed = group->owners;
	mutex_unlock(&group->mutex);
	return claimed;
}

/* ---- the IOMMU that the lab's functions are behind ---- */

/* It can what users are not let in without. */
bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return !stub_should_fail(device_iommu_capable) && dev->iommu_group && cap <= IOMMU_CAP_NOEXEC;
}
