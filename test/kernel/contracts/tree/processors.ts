// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** CPUs, and memory of which each has its own. */
export const treeProcessors: Contracts = {
  'each CPU has zeroed memory of its own': `
    u64 __percpu *counts = alloc_percpu(u64);
    u64 sum = 0;
    int cpu;
    CHECK(counts);
    for_each_possible_cpu(cpu) {
      CHECK(!*per_cpu_ptr(counts, cpu) && IS_ALIGNED((uintptr_t)per_cpu_ptr(counts, cpu), sizeof(u64)));
      *per_cpu_ptr(counts, cpu) = (u64)cpu + 1;
    }
    ON_CPU(3);
    CHECK(this_cpu_read(*counts) == 4 && this_cpu_ptr(counts) == per_cpu_ptr(counts, 3));
    this_cpu_add(*counts, 10);
    for_each_possible_cpu(cpu)
      sum += *per_cpu_ptr(counts, cpu);
    CHECK(sum == NR_CPUS * (NR_CPUS + 1) / 2 + 10 && *per_cpu_ptr(counts, 2) == 3);
    free_percpu(counts);
    free_percpu(NULL);
    CHECK(stub_check_leaks() == 0);`,
  'memory of CPUs is aligned as it was asked for': `
    void __percpu *lines = __alloc_percpu(100, 64);
    int cpu;
    for_each_possible_cpu(cpu)
      CHECK(IS_ALIGNED((uintptr_t)per_cpu_ptr(lines, cpu), 64) && all_zero(per_cpu_ptr(lines, cpu), 100));
    free_percpu(lines);`,
  'memory of CPUs that there is not is none': `
    FAIL(kmalloc);
    CHECK(!alloc_percpu(u32));
    FAIL(kmalloc);
    CHECK(!alloc_percpu_gfp(u32, GFP_ATOMIC) && stub_check_leaks() == 0);`,
  'memory of CPUs of no bytes, or of too many, is warned of': {
    c: `
    CHECK(!__alloc_percpu(0, 8) && !__alloc_percpu(1 << 20, 8));`,
    violations: ['warned', 'warned'],
  },
  'memory of CPUs is had where one may sleep, or with flags that do without': {
    c: `
    u32 __percpu *never, *waits;
    preempt_disable();
    never = alloc_percpu_gfp(u32, GFP_ATOMIC);
    free_percpu(never);
    CHECK(!stub_violations.count);
    waits = alloc_percpu(u32);
    free_percpu(waits);
    preempt_enable();`,
    violations: ['sleep-in-atomic'],
  },

  'all CPUs are there, and online': `
    int cpu, seen = 0, online = 0;
    for_each_possible_cpu(cpu)
      seen |= 1 << cpu;
    for_each_online_cpu(cpu)
      online |= 1 << cpu;
    CHECK(seen == (1 << NR_CPUS) - 1 && online == seen && nr_cpu_ids == NR_CPUS && num_online_cpus() == NR_CPUS && num_possible_cpus() == NR_CPUS);
    CHECK(cpu_online(0) && cpu_present(NR_CPUS - 1) && cpu_active(1) && cpu_possible(2) && !cpu_dying(0) && num_present_cpus() == NR_CPUS);
    CHECK(cpumask_weight(cpu_all_mask) == NR_CPUS && cpumask_full(cpu_online_mask) && cpumask_next(NR_CPUS - 1, cpu_possible_mask) >= nr_cpu_ids);`,

  'whoever asks may do all': `
    #include <linux/capability.h>
    #include <linux/user_namespace.h>
    static struct user_namespace some_namespace;
    -----
    CHECK(capable(CAP_SYS_ADMIN) && capable(CAP_SYS_RAWIO) && ns_capable(&some_namespace, CAP_NET_ADMIN) && !stub_violations.count);`,
};
