// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** Jiffies and pauses. */
export const treeTime: Contracts = {
  'a time becomes jiffies that are no shorter': `
    static unsigned int some_ms, some_us;
    -----
    CHECK(msecs_to_jiffies(some_ms) == 0 && usecs_to_jiffies(some_us) == 0);
    some_ms = 1;
    some_us = 1;
    CHECK(msecs_to_jiffies(some_ms) == 1 && usecs_to_jiffies(some_us) == 1);
    some_ms = 2500;
    some_us = USEC_PER_SEC / HZ;
    CHECK(msecs_to_jiffies(some_ms) == 5 * HZ / 2 && usecs_to_jiffies(some_us) == 1);
    some_us++;
    CHECK(usecs_to_jiffies(some_us) == 2 && msecs_to_jiffies(1000) == HZ && usecs_to_jiffies(2000000) == 2 * HZ);
    some_ms = (unsigned int)-1;
    CHECK(msecs_to_jiffies(some_ms) == MAX_JIFFY_OFFSET);
    some_ms = 1u << 31;
    CHECK(msecs_to_jiffies(some_ms) == MAX_JIFFY_OFFSET);`,
  'jiffies become a time, and nanoseconds jiffies that are no longer': `
    static unsigned long some_jiffies = 3;
    static u64 some_ns = NSEC_PER_SEC;
    -----
    CHECK(jiffies_to_msecs(some_jiffies) == 3 * MSEC_PER_SEC / HZ && jiffies_to_usecs(some_jiffies) == 3 * USEC_PER_SEC / HZ);
    CHECK(jiffies_to_msecs(HZ) == 1000 && !jiffies_to_usecs(0));
    CHECK(nsecs_to_jiffies64(some_ns) == HZ && nsecs_to_jiffies(some_ns) == HZ);
    CHECK(nsecs_to_jiffies64(NSEC_PER_SEC / HZ - 1) == 0 && nsecs_to_jiffies64(NSEC_PER_SEC / HZ) == 1 && !nsecs_to_jiffies(0));
    CHECK(nsecs_to_jiffies64((u64)NSEC_PER_SEC << 32) == (u64)HZ << 32);`,
  'a time is rounded to a whole second near it, as long as that is yet to come': `
    unsigned long second = roundup(jiffies + 2 * HZ, HZ), rounded;
    CHECK(round_jiffies(second) == second && round_jiffies(second + 1) == second && round_jiffies(second + HZ / 4 - 1) == second);
    CHECK(round_jiffies(second + HZ / 4) == second + HZ && round_jiffies(second + HZ - 1) == second + HZ);
    CHECK(round_jiffies_up(second + 1) == second + HZ && round_jiffies_up(second + HZ - 1) == second + HZ);
    CHECK(round_jiffies(jiffies) == jiffies || time_after(round_jiffies(jiffies), jiffies));
    CHECK(round_jiffies(jiffies - 10 * HZ - 1) == jiffies - 10 * HZ - 1);
    rounded = round_jiffies_relative(5 * HZ + 7);
    CHECK((jiffies + rounded) % HZ == 0 && rounded > 4 * HZ && rounded <= 6 * HZ);`,

  'a pause may sleep, unless it is a busy one': {
    c: `
    preempt_disable();
    udelay(5);
    ndelay(5);
    __delay(5);
    __udelay(5);
    __ndelay(5);
    __const_udelay(5);
    CHECK(!stub_violations.count);
    msleep(1);
    usleep_range(1, 2);
    usleep_range_state(1, 2, TASK_UNINTERRUPTIBLE);
    CHECK(!msleep_interruptible(1));
    preempt_enable();
    msleep(0);
    CHECK(!msleep_interruptible(5));`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic'],
  },
  'who says that he may sleep, or makes way, is where that is allowed': {
    c: `
    might_sleep();
    CHECK(!cond_resched() && !stub_violations.count);
    preempt_disable();
    might_sleep();
    CHECK(!cond_resched());
    preempt_enable();`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'who makes way gives up the one lock that he says, and has it again': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    spin_lock(&lock);
    CHECK(!cond_resched_lock(&lock) && spin_is_locked(&lock) && lockdep_is_held(&lock));
    spin_unlock(&lock);
    CHECK(!spin_is_locked(&lock));`,
  'who makes way under a lock has it, and nothing else': {
    c: `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock), other = __SPIN_LOCK_UNLOCKED(other);
    spin_lock(&other);
    spin_lock(&lock);
    cond_resched_lock(&lock);
    CHECK(stub_violations.count == 1);
    spin_unlock(&other);
    local_irq_disable();
    cond_resched_lock(&lock);
    local_irq_enable();
    CHECK(stub_violations.count == 2);
    cond_resched_lock(&other);
    spin_unlock(&lock);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'lock-not-held'],
  },
  'a lock of the architecture’s is known to be taken': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    arch_spinlock_t *own = &lock.rlock.raw_lock;
    CHECK(!arch_spin_is_locked(own));
    spin_lock(&lock);
    CHECK(arch_spin_is_locked(own) && spin_is_locked(&lock));
    spin_unlock(&lock);
    CHECK(!arch_spin_is_locked(own));`,

  'the queue of all is flushed, whatever the compiler thinks of it': `
    static int flushed_items;
    static void flushed_item(struct work_struct *work) { flushed_items++; }
    static DECLARE_WORK(flushed_work, flushed_item);
    -----
    _Pragma("clang diagnostic push")
    _Pragma("clang diagnostic ignored \\"-Wattribute-warning\\"")
    schedule_work(&flushed_work);
    flush_scheduled_work();
    _Pragma("clang diagnostic pop")
    CHECK(flushed_items == 1);`,

  'address space is given out once, sorted, within what it is a part of': `
    #include <linux/ioport.h>
    static struct resource space_top = { .name = "top", .start = 0x1000, .end = 0x1fff };
    static struct resource space_low = { .name = "low", .start = 0x1000, .end = 0x10ff }, space_high = { .name = "high", .start = 0x1f00, .end = 0x1fff };
    static struct resource space_over = { .name = "over", .start = 0x10ff, .end = 0x1100 }, space_out = { .name = "out", .start = 0x1ff0, .end = 0x2000 };
    static struct resource space_mid = { .name = "mid", .start = 0x1100, .end = 0x1eff }, space_odd = { .name = "odd", .start = 0x1300, .end = 0x12ff };
    -----
    CHECK(!request_resource(&space_top, &space_high) && !request_resource(&space_top, &space_low));
    CHECK(space_top.child == &space_low && space_low.sibling == &space_high && space_low.parent == &space_top && !space_high.sibling);
    CHECK(request_resource(&space_top, &space_over) == -EBUSY && request_resource_conflict(&space_top, &space_over) == &space_low);
    CHECK(request_resource(&space_top, &space_out) == -EBUSY && request_resource_conflict(&space_top, &space_out) == &space_top);
    CHECK(request_resource_conflict(&space_top, &space_odd) == &space_top && !space_odd.parent && !space_over.parent);
    CHECK(!request_resource_conflict(&space_top, &space_mid) && space_low.sibling == &space_mid && space_mid.sibling == &space_high);
    CHECK(release_resource(&space_odd) == -EINVAL && !release_resource(&space_low) && !space_low.parent);
    CHECK(release_resource(&space_low) == -EINVAL && space_top.child == &space_mid && !request_resource(&space_top, &space_low));`,
  'all address space is that of memory, and of ports': `
    static struct resource bar_space = { .name = "bar", .start = 0xe0000000u, .end = 0xe0000fffu, .flags = IORESOURCE_MEM };
    static struct resource port_space = { .name = "ports", .start = 0xfff8, .end = 0xffff, .flags = IORESOURCE_IO }, beyond_ports = { .start = 0x10000, .end = 0x10007 };
    -----
    CHECK(!request_resource(&iomem_resource, &bar_space) && !request_resource(&ioport_resource, &port_space));
    CHECK(request_resource(&ioport_resource, &beyond_ports) == -EBUSY && request_resource(&iomem_resource, &bar_space) == -EBUSY);
    CHECK(!release_resource(&bar_space) && !release_resource(&port_space) && !iomem_resource.child && !ioport_resource.child);
    CHECK(resource_type(&iomem_resource) == IORESOURCE_MEM && resource_type(&ioport_resource) == IORESOURCE_IO);`,
};
