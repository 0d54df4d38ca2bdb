/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables of which each CPU has its own. The copies lie one after the other, and a variable's name, or a pointer to
 * it, stands for the first. That name is of the whole program, and all copies begin as zero.
 */
#ifndef _LINUX_PERCPU_H
#define _LINUX_PERCPU_H

#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/types.h>

#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU(type, name)						\
	__typeof__(type) name##_per_cpu[NR_CPUS];				\
	extern __typeof__(type) name __attribute__((alias(#name "_per_cpu")))
#define DEFINE_PER_CPU_ALIGNED(type, name) DEFINE_PER_CPU(type, name)
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) DEFINE_PER_CPU(type, name)

#define alloc_percpu(type) alloc_percpu_gfp(type, GFP_KERNEL)
#define alloc_percpu_gfp(type, gfp) ((__typeof__(type) *)kcalloc(NR_CPUS, sizeof(type), (gfp)))
#define free_percpu(p) kfree(p)

#define per_cpu_ptr(p, cpu) ((p) + (cpu))
#define this_cpu_ptr(p) per_cpu_ptr(p, raw_smp_processor_id())
#define raw_cpu_ptr(p) this_cpu_ptr(p)
#define per_cpu(name, cpu) (*per_cpu_ptr(&(name), cpu))

/* Stays on the CPU until put_cpu_var(). */
#define get_cpu_var(name) (*({ preempt_disable(); this_cpu_ptr(&(name)); }))
#define put_cpu_var(name) ((void)&(name), preempt_enable())
#define get_cpu_ptr(p) ({ preempt_disable(); this_cpu_ptr(p); })
#define put_cpu_ptr(p) ((void)(p), preempt_enable())

/* One step, which neither an interrupt nor another task of the CPU comes in between of. */
#define this_cpu_read(name) READ_ONCE(*this_cpu_ptr(&(name)))
#define this_cpu_write(name, value) WRITE_ONCE(*this_cpu_ptr(&(name)), (value))
#define this_cpu_add(name, by) ((void)__atomic_fetch_add(this_cpu_ptr(&(name)), (by), __ATOMIC_RELAXED))
#define this_cpu_sub(name, by) ((void)__atomic_fetch_sub(this_cpu_ptr(&(name)), (by), __ATOMIC_RELAXED))
#define this_cpu_and(name, bits) ((void)__atomic_fetch_and(this_cpu_ptr(&(name)), (bits), __ATOMIC_RELAXED))
#define this_cpu_or(name, bits) ((void)__atomic_fetch_or(this_cpu_ptr(&(name)), (bits), __ATOMIC_RELAXED))
#define this_cpu_inc(name) this_cpu_add(name, 1)
#define this_cpu_dec(name) this_cpu_sub(name, 1)
#define this_cpu_add_return(name, by) __atomic_add_fetch(this_cpu_ptr(&(name)), (by), __ATOMIC_RELAXED)
#define this_cpu_inc_return(name) this_cpu_add_return(name, 1)
#define this_cpu_dec_return(name) this_cpu_add_return(name, -1)
#define this_cpu_xchg(name, value) __atomic_exchange_n(this_cpu_ptr(&(name)), (value), __ATOMIC_RELAXED)

/* For those who keep others off the CPU: a plain load and a plain store. */
#define __this_cpu_read(name) (*this_cpu_ptr(&(name)))
#define __this_cpu_write(name, value) ((void)(*this_cpu_ptr(&(name)) = (value)))
#define __this_cpu_add(name, by) ((void)(*this_cpu_ptr(&(name)) += (by)))
#define __this_cpu_sub(name, by) ((void)(*this_cpu_ptr(&(name)) -= (by)))
#define __this_cpu_inc(name) __this_cpu_add(name, 1)
#define __this_cpu_dec(name) __this_cpu_sub(name, 1)

#endif
