// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Interrupts and softirqs that are off, contexts, CPUs. */
export const contexts: Contracts = {
  'local_irq_disable and local_irq_enable do not count': `
    CHECK(!irqs_disabled());
    local_irq_disable();
    local_irq_disable();
    CHECK(irqs_disabled() && stub_irqs_are_off());
    local_irq_enable();
    CHECK(!irqs_disabled() && !stub_irqs_are_off());`,

  'local_irq_save and local_irq_restore nest': `
    unsigned long outer, inner;
    local_irq_save(outer);
    local_irq_save(inner);
    CHECK(irqs_disabled());
    local_irq_restore(inner);
    CHECK(irqs_disabled());
    local_irq_restore(outer);
    CHECK(!irqs_disabled());`,

  'local_irq_restore brings back what was on': `
    unsigned long flags;
    local_irq_save(flags);
    local_irq_enable();
    local_irq_restore(flags);
    CHECK(!irqs_disabled());
    local_irq_disable();
    local_irq_save(flags);
    local_irq_enable();
    local_irq_restore(flags);
    CHECK(irqs_disabled());
    local_irq_enable();`,

  'local_bh_disable counts': `
    CHECK(!in_softirq());
    local_bh_disable();
    local_bh_disable();
    local_bh_enable();
    CHECK(stub_bh_is_off() && in_softirq() && in_interrupt() && !in_serving_softirq() && in_task());
    local_bh_enable();
    CHECK(!stub_bh_is_off() && !in_softirq());`,

  'local_bh_enable too often is reported': { c: `local_bh_enable();`, violations: ['warned'] },
  'local_bh_enable with interrupts off is reported': {
    c: `local_bh_disable(); local_irq_disable(); local_bh_enable(); local_irq_enable();`,
    violations: ['warned'],
  },
  'local_bh_enable in an interrupt is reported': {
    c: `local_bh_disable(); AS(STUB_IRQ, local_bh_enable());`,
    violations: ['warned'],
  },
  'preempt_enable too often is reported': { c: `preempt_enable();`, violations: ['warned'] },

  'preempt_disable counts': `
    preempt_disable();
    preempt_disable();
    preempt_enable();
    CHECK(in_atomic() && !preemptible() && in_task());
    preempt_enable();
    CHECK(!in_atomic() && preemptible());`,

  'a handler of an interrupt knows that it is one': `
    CHECK(in_task() && !in_interrupt() && !in_irq() && !in_hardirq() && !in_softirq());
    AS(STUB_IRQ, CHECK(in_irq() && in_hardirq() && in_interrupt() && !in_task() && !in_softirq() && irqs_disabled()));
    AS(STUB_SOFTIRQ, CHECK(!in_irq() && in_softirq() && in_serving_softirq() && in_interrupt() && !in_task()));
    AS(STUB_SOFTIRQ, CHECK(!irqs_disabled()));
    AS(STUB_WORKQUEUE, CHECK(in_task() && !in_interrupt()));
    CHECK(!irqs_disabled());`,

  'might_sleep may stand where a task may sleep': `
    might_sleep();
    might_sleep_if(true);
    cond_resched();
    msleep(1);
    usleep_range(1, 2);
    fsleep(1);
    udelay(1);
    AS(STUB_WORKQUEUE, might_sleep());
    AS(STUB_SOFTIRQ, might_sleep_if(false));
    AS(STUB_IRQ, udelay(1));`,

  'might_sleep is reported in an interrupt': {
    c: `AS(STUB_IRQ, might_sleep());`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported in a softirq': {
    c: `AS(STUB_SOFTIRQ, msleep(1));`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported with interrupts off': {
    c: `local_irq_disable(); might_sleep(); local_irq_enable(); might_sleep();`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported with softirqs off': {
    c: `local_bh_disable(); might_sleep(); local_bh_enable(); might_sleep();`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported with preemption off': {
    c: `preempt_disable(); usleep_range(1, 2); preempt_enable(); might_sleep();`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported under a spinlock': {
    c: `spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock); spin_lock(&lock); might_sleep(); spin_unlock(&lock);`,
    violations: ['sleep-in-atomic'],
  },
  'might_sleep is reported under a lock that readers spin on': {
    c: `DEFINE_RWLOCK(lock); read_lock(&lock); might_sleep(); read_unlock(&lock); write_lock(&lock); might_sleep(); write_unlock(&lock);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'a mutex in a softirq is reported': {
    c: `DEFINE_MUTEX(lock); AS(STUB_SOFTIRQ, ({ mutex_lock(&lock); mutex_unlock(&lock); }));`,
    violations: ['sleep-in-atomic'],
  },
  'GFP_KERNEL with interrupts off is reported, GFP_ATOMIC and GFP_NOWAIT are not': {
    c: `
    local_irq_disable();
    kfree(kmalloc(8, GFP_ATOMIC));
    kfree(kmalloc(8, GFP_NOWAIT));
    kfree(kmalloc(8, GFP_KERNEL));
    local_irq_enable();`,
    violations: ['sleep-in-atomic'],
  },

  'a mutex inside of rcu_read_lock is reported': {
    c: `DEFINE_MUTEX(lock); rcu_read_lock(); rcu_read_lock(); rcu_read_unlock(); mutex_lock(&lock); mutex_unlock(&lock); rcu_read_unlock(); might_sleep();`,
    violations: ['sleep-in-atomic'],
  },
  'rcu_read_unlock too often is reported': { c: `rcu_read_unlock();`, violations: ['warned'] },

  'call_rcu calls back in a softirq, in the order of the calls': `
    static struct rcu_head ordered[2];
    static u32 backs, wrong;
    static void ordered_back(struct rcu_head *head)
    {
      wrong += !in_serving_softirq() || head != &ordered[backs];
      backs++;
    }
    -----
    rcu_read_lock();
    call_rcu(&ordered[0], ordered_back);
    call_rcu(&ordered[1], ordered_back);
    rcu_read_lock();
    rcu_read_unlock();
    CHECK(!backs);
    rcu_read_unlock();
    CHECK(backs == 2 && !wrong && in_task());`,
  'call_rcu calls back once softirqs may come': `
    static struct rcu_head late;
    static DEFINE_SPINLOCK(late_lock);
    static u32 lates;
    static void late_back(struct rcu_head *head)
    {
      spin_lock(&late_lock);
      lates++;
      spin_unlock(&late_lock);
    }
    -----
    unsigned long flags;
    spin_lock_bh(&late_lock);
    call_rcu(&late, late_back);
    CHECK(!lates);
    spin_unlock_bh(&late_lock);
    CHECK(lates == 1);
    spin_lock(&late_lock);
    call_rcu(&late, late_back);
    spin_unlock(&late_lock);
    CHECK(lates == 2);
    spin_lock_irqsave(&late_lock, flags);
    call_rcu(&late, late_back);
    spin_unlock(&late_lock);
    CHECK(lates == 2);
    local_irq_restore(flags);
    CHECK(lates == 3);
    preempt_disable();
    AS(STUB_IRQ, call_rcu(&late, late_back));
    CHECK(lates == 3);
    preempt_enable();
    CHECK(lates == 4 && in_task());`,
  'call_rcu calls back under a mutex of the caller, which is not the callback’s': `
    static struct rcu_head under;
    static DEFINE_MUTEX(under_lock);
    static u32 unders;
    static void under_back(struct rcu_head *head)
    {
      unders += !lockdep_is_held(&under_lock);
    }
    -----
    mutex_lock(&under_lock);
    call_rcu(&under, under_back);
    CHECK(unders == 1 && lockdep_is_held(&under_lock));
    mutex_unlock(&under_lock);`,
  'a callback of call_rcu that sleeps is reported': {
    c: `
    static struct rcu_head dozing;
    static void dozing_back(struct rcu_head *head)
    {
      might_sleep();
    }
    -----
    call_rcu(&dozing, dozing_back);
    might_sleep();`,
    violations: ['sleep-in-atomic'],
  },

  'get_cpu stays on the CPU of the task': `
    CHECK(smp_processor_id() == 0);
    ON_CPU(3);
    CHECK(get_cpu() == 3 && stub_cpu_number() == 3 && in_atomic());
    put_cpu();
    CHECK(!in_atomic());`,

  'there are eight CPUs': `
    unsigned int cpu, count = 0;
    for_each_possible_cpu(cpu)
      count++;
    CHECK(count == 8 && nr_cpu_ids == 8 && num_online_cpus() == 8 && cpu_online(7) && !cpu_online(8));`,

  'each CPU has its own of a per-CPU variable': `
    struct pair { int a, b; };
    static DEFINE_PER_CPU(int, hits);
    static DEFINE_PER_CPU(struct pair, pairs);
    -----
    int cpu, sum = 0;
    this_cpu_inc(hits);
    ON_CPU(5);
    this_cpu_add(hits, 4);
    this_cpu_dec(hits);
    __this_cpu_add(hits, 2);
    __this_cpu_dec(hits);
    CHECK(per_cpu(hits, 0) == 1 && per_cpu(hits, 5) == 4 && this_cpu_read(hits) == 4);
    this_cpu_write(hits, 6);
    CHECK(this_cpu_inc_return(hits) == 7 && this_cpu_xchg(hits, 2) == 7 && __this_cpu_read(hits) == 2);
    for_each_possible_cpu(cpu)
      sum += per_cpu(hits, cpu);
    CHECK(sum == 3);
    this_cpu_ptr(&pairs)->b = 9;
    CHECK(per_cpu(pairs, 5).b == 9 && per_cpu(pairs, 4).b == 0 && per_cpu_ptr(&pairs, 5)->b == 9);
    get_cpu_var(pairs).a = 1;
    CHECK(in_atomic());
    put_cpu_var(pairs);
    CHECK(!in_atomic() && per_cpu(pairs, 5).a == 1);`,

  'per-CPU memory is allocated for all of them': `
    int __percpu *counts = alloc_percpu(int);
    int cpu;
    CHECK(counts);
    for_each_possible_cpu(cpu)
      CHECK(*per_cpu_ptr(counts, cpu) == 0);
    ON_CPU(7);
    ++*this_cpu_ptr(counts);
    CHECK(*per_cpu_ptr(counts, 7) == 1 && *per_cpu_ptr(counts, 6) == 0);
    free_percpu(counts);
    CHECK(stub_check_leaks() == 0);`,
};
