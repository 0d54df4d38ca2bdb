/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables of which each CPU has its own. As in the kernel, what a name or a pointer stands for lies the same number of bytes
 * behind itself for each CPU: a pointer may be one to a member, so that elements of an array would be of the wrong size.
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

/* Room that each CPU has for one of them, or for one allocation. */
#define STUB_PER_CPU_ROOM 1024

#define per_cpu_offset(cpu) ((unsigned long)(cpu) * STUB_PER_CPU_ROOM)
#define __per_cpu_offset per_cpu_offset

#include <asm-generic/percpu.h>

/* Wherever the kernel's headers would sort them. The name is of the whole program, and all begin as zero. */
#undef __PCPU_ATTRS
#define __PCPU_ATTRS(kind) __percpu
#undef DEFINE_PER_CPU_SECTION
#define DEFINE_PER_CPU_SECTION(type, name, kind)						\
	union {											\
		__typeof__(type) own;								\
		char room[STUB_PER_CPU_ROOM];							\
	} name##_per_cpu[NR_CPUS];								\
	_Static_assert(sizeof(name##_per_cpu[0]) == STUB_PER_CPU_ROOM, "too large a variable");	\
	extern __typeof__(type) name __attribute__((alias(#name "_per_cpu")))

#endif
