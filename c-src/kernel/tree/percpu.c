// SPDX-License-Identifier: GPL-2.0-only
/* CPUs: always the same ones, all of them online, and memory of which each has its own. */
#include <linux/cpumask.h>
#include <linux/percpu.h>

#include <linux/slab.h>
#include <linux/version.h>

#include "kernel/stub.h"

#define ALL { CPU_BITS_ALL }

unsigned int nr_cpu_ids = NR_CPUS;
atomic_t __num_online_cpus = ATOMIC_INIT(NR_CPUS);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 20, 0)
unsigned int __num_possible_cpus = NR_CPUS;
#endif
struct cpumask __cpu_possible_mask = ALL;
struct cpumask __cpu_online_mask = ALL;
struct cpumask __cpu_present_mask = ALL;
struct cpumask __cpu_active_mask = ALL;
struct cpumask __cpu_dying_mask;
const DECLARE_BITMAP(cpu_all_bits, NR_CPUS) = CPU_BITS_ALL;

/* Each CPU's lies so far behind the one before it, as those of a variable do. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
#else
void __percpu *pcpu_alloc_noprof(size_t size, size_t align, bool reserved, gfp_t gfp)
#endif
{
	if (WARN_ON(!size || size > STUB_PER_CPU_ROOM))
		return NULL;
	return (void __percpu *)stub_kmalloc((NR_CPUS - 1) * STUB_PER_CPU_ROOM + size, gfp | __GFP_ZERO);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
void __percpu *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}
#endif

void free_percpu(void __percpu *object)
{
	kfree((void __force *)object);
}
