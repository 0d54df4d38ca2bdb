// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** IOMMU groups. */
export const treeIommu: Contracts = {
  'an IOMMU group has a number of its own, and goes with its last reference': `
    #include <linux/iommu.h>
    static int group_data, datas_released;
    static void release_data(void *data) { datas_released += data == &group_data; }
    -----
    struct iommu_group *group = iommu_group_alloc(), *other = iommu_group_alloc();
    CHECK(!IS_ERR(group) && !IS_ERR(other) && iommu_group_id(group) != iommu_group_id(other) && !iommu_group_get_iommudata(group));
    iommu_group_set_iommudata(group, &group_data, release_data);
    CHECK(iommu_group_get_iommudata(group) == &group_data && iommu_group_ref_get(group) == group);
    iommu_group_put(group);
    CHECK(!datas_released && !iommu_group_set_name(group, "first") && !iommu_group_set_name(group, "second"));
    iommu_group_put(group);
    CHECK(datas_released == 1);
    iommu_group_put(other);
    iommu_group_put(NULL);
    CHECK(datas_released == 1 && stub_check_leaks() == 0);`,
  'a group for which there is no memory is none, and has no name': `
    struct iommu_group *group;
    FAIL(iommu_group_alloc);
    CHECK(PTR_ERR(iommu_group_alloc()) == -ENOMEM);
    FAIL(kmalloc);
    CHECK(PTR_ERR(iommu_group_alloc()) == -ENOMEM);
    group = iommu_group_alloc();
    CHECK(!iommu_group_set_name(group, "name"));
    FAIL(kmalloc);
    CHECK(iommu_group_set_name(group, "other") == -ENOMEM && !iommu_group_set_name(group, "third") && !iommu_group_set_name(group, NULL));
    iommu_group_put(group);
    CHECK(stub_check_leaks() == 0);`,

  'a member has a reference on its group until it is removed': `
    static struct device first_member, second_member, stranger;
    -----
    struct iommu_group *group = iommu_group_alloc();
    datas_released = 0;
    iommu_group_set_iommudata(group, &group_data, release_data);
    CHECK(!iommu_group_get(&first_member) && !iommu_group_add_device(group, &first_member) && !iommu_group_add_device(group, &second_member));
    CHECK(iommu_group_get(&first_member) == group);
    iommu_group_put(group);
    iommu_group_put(group);
    CHECK(!datas_released);
    iommu_group_remove_device(&stranger);
    iommu_group_remove_device(&first_member);
    CHECK(!datas_released && !iommu_group_get(&first_member) && !first_member.iommu_group);
    iommu_group_remove_device(&first_member);
    CHECK(!datas_released);
    iommu_group_remove_device(&second_member);
    CHECK(datas_released == 1 && stub_check_leaks() == 0);`,
  'a device that could not be added is no member': `
    struct iommu_group *group = iommu_group_alloc();
    FAIL(kmalloc);
    CHECK(iommu_group_add_device(group, &first_member) == -ENOMEM && !iommu_group_get(&first_member));
    iommu_group_put(group);
    CHECK(stub_check_leaks() == 0);`,
  'each member is visited in the order in which it came, until a call returns something': `
    static int visits, visit_stop;
    static int visit(struct device *dev, void *data)
    {
      visits = visits * 10 + (dev == &first_member ? 1 : dev == &second_member ? 2 : 9);
      return data == &visits && visits == visit_stop ? 7 : 0;
    }
    -----
    struct iommu_group *group = iommu_group_alloc();
    CHECK(!iommu_group_for_each_dev(group, &visits, visit) && !visits);
    iommu_group_add_device(group, &first_member);
    iommu_group_add_device(group, &second_member);
    CHECK(!iommu_group_for_each_dev(group, &visits, visit) && visits == 12);
    visits = 0;
    visit_stop = 1;
    CHECK(iommu_group_for_each_dev(group, &visits, visit) == 7 && visits == 1);
    iommu_group_remove_device(&first_member);
    visits = visit_stop = 0;
    CHECK(!iommu_group_for_each_dev(group, &visits, visit) && visits == 2);
    iommu_group_remove_device(&second_member);
    iommu_group_put(group);`,

  'a group’s DMA has one owner at a time': `
    struct iommu_group *group = iommu_group_alloc();
    int one, two;
    CHECK(!iommu_group_dma_owner_claimed(group) && !iommu_group_claim_dma_owner(group, &one) && iommu_group_dma_owner_claimed(group));
    CHECK(iommu_group_claim_dma_owner(group, &two) == -EPERM && iommu_group_claim_dma_owner(group, &one) == -EPERM);
    iommu_group_release_dma_owner(group);
    CHECK(!iommu_group_dma_owner_claimed(group));
    FAIL(iommu_group_claim_dma_owner);
    CHECK(iommu_group_claim_dma_owner(group, &two) == -EBUSY && !iommu_group_dma_owner_claimed(group));
    CHECK(!iommu_group_claim_dma_owner(group, &two));
    iommu_group_release_dma_owner(group);
    iommu_group_put(group);`,
  'DMA is claimed for an owner, and released by one': {
    c: `
    struct iommu_group *group = iommu_group_alloc();
    CHECK(iommu_group_claim_dma_owner(group, NULL) == -EINVAL);
    iommu_group_release_dma_owner(group);
    CHECK(!iommu_group_claim_dma_owner(group, group));
    iommu_group_release_dma_owner(group);
    iommu_group_put(group);`,
    violations: ['warned', 'warned'],
  },
  'members come and go, and owners, where one may sleep': {
    c: `
    struct iommu_group *group = iommu_group_alloc();
    preempt_disable();
    CHECK(!iommu_group_claim_dma_owner(group, group));
    iommu_group_release_dma_owner(group);
    CHECK(!iommu_group_for_each_dev(group, NULL, visit));
    preempt_enable();
    iommu_group_put(group);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic'],
  },

  'an IOMMU can do something for its members alone': `
    struct iommu_group *group = iommu_group_alloc();
    CHECK(!device_iommu_capable(&first_member, IOMMU_CAP_CACHE_COHERENCY) && !iommu_group_add_device(group, &first_member));
    CHECK(device_iommu_capable(&first_member, IOMMU_CAP_CACHE_COHERENCY));
    FAIL(device_iommu_capable);
    CHECK(!device_iommu_capable(&first_member, IOMMU_CAP_CACHE_COHERENCY) && device_iommu_capable(&first_member, IOMMU_CAP_CACHE_COHERENCY));
    iommu_group_remove_device(&first_member);
    iommu_group_put(group);`,
};
