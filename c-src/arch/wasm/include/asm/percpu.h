/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables of which each CPU has its own. As in the kernel, what a name or a pointer stands for lies
 * __per_cpu_offset[cpu] bytes behind it: a pointer may be one to a member, so that elements of an array would be of the
 * wrong size.
 */
#ifndef _ASM_PERCPU_H
#define _ASM_PERCPU_H

/*
 * One access, which neither an interrupt nor another task of the CPU comes in between of. Of the sizes that the kernel's
 * headers ask for by a number.
 */
#define __stub_this_cpu_fetch(op, variable, by) \
	__atomic_fetch_##op(raw_cpu_ptr(&(variable)), (by), __ATOMIC_RELAXED)

#define this_cpu_add_1(variable, by) ((void)__stub_this_cpu_fetch(add, variable, by))
#define this_cpu_add_2(variable, by) ((void)__stub_this_cpu_fetch(add, variable, by))
#define this_cpu_add_4(variable, by) ((void)__stub_this_cpu_fetch(add, variable, by))
#define this_cpu_add_8(variable, by) ((void)__stub_this_cpu_fetch(add, variable, by))
#define this_cpu_and_1(variable, bits) ((void)__stub_this_cpu_fetch(and, variable, bits))
#define this_cpu_and_2(variable, bits) ((void)__stub_this_cpu_fetch(and, variable, bits))
#define this_cpu_and_4(variable, bits) ((void)__stub_this_cpu_fetch(and, variable, bits))
#define this_cpu_and_8(variable, bits) ((void)__stub_this_cpu_fetch(and, variable, bits))
#define this_cpu_or_1(variable, bits) ((void)__stub_this_cpu_fetch(or, variable, bits))
#define this_cpu_or_2(variable, bits) ((void)__stub_this_cpu_fetch(or, variable, bits))
#define this_cpu_or_4(variable, bits) ((void)__stub_this_cpu_fetch(or, variable, bits))
#define this_cpu_or_8(variable, bits) ((void)__stub_this_cpu_fetch(or, variable, bits))

#include <asm-generic/percpu.h>

/*
 * All in one section, whatever the kernel's headers sort them by, and one whose name is an identifier: so the linker says
 * where it begins and ends, and the stub kernel can make each CPU's copy.
 */
#undef __PCPU_ATTRS
#define __PCPU_ATTRS(kind) __percpu __attribute__((__section__("stub_percpu")))

#endif
