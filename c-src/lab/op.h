/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a subject's C tells the lab: which of its functions are ops, which steps of a scenario name, and which
 * variables scenarios look at.
 */
#ifndef LOSTBIT_LAB_OP_H
#define LOSTBIT_LAB_OP_H

#include <linux/types.h>

#define LAB_ARGS 8

struct lab_step;

/* A step's return value: 0 or what it read, or a negative errno. */
typedef s64 lab_step_fn(const struct lab_step *step);

struct lab_step {
	lab_step_fn *fn;
	u64 arg[LAB_ARGS];
};

/*
 *	LAB_OP(flag_write, u32 device, bool value) { ... return 0; }
 *
 * defines an op, with up to LAB_ARGS parameters of scalar types. For C it is a function, op_flag_write(): other
 * files may declare and call it. Steps reach it through lab_op_flag_write, which is found by its name and points to
 * a function that passes it a step's arguments.
 */
#define LAB_OP(name, ...)							\
	LAB_OP_COUNTED(LAB_COUNT(name, ##__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0, ), \
		       op_##name, lab_step_##name, lab_op_##name, __VA_ARGS__)

/* Of a variable: it is found by its name, though the compiler may see that nothing in C reads it. */
#define LAB_KEEP __attribute__((used))

/* A variable of this file for scenarios to look at, zeroed. */
#define LAB_ROOT(type, name) static LAB_KEEP __typeof__(type) name

/*
 *	LAB_INIT { ... }
 *
 * is what each new machine begins with, before its set-up. What it allocates is no leak. A subject may have one.
 */
#define LAB_INIT								\
	static void lab_init(void);						\
	void (*const lab_initial)(void) LAB_KEEP = lab_init;			\
	static void lab_init(void)

/* ---- how LAB_OP does it ---- */

#define LAB_COUNT(name, p0, p1, p2, p3, p4, p5, p6, p7, count, ...) count

#define LAB_OP_COUNTED(...) LAB_OP_OF(__VA_ARGS__)

/* An argument is a u64, and its parameter may be a pointer. */
#define LAB_OP_OF(count, op, call, found, ...)					\
	s64 op(LAB_VOID_##count __VA_ARGS__);					\
	static s64 call(const struct lab_step *step)				\
	{									\
		(void)step;							\
		_Pragma("clang diagnostic push")				\
		_Pragma("clang diagnostic ignored \"-Wint-conversion\"")	\
		return op(LAB_PASS_##count);					\
		_Pragma("clang diagnostic pop")					\
	}									\
	lab_step_fn *const found LAB_KEEP = call;				\
	s64 op(LAB_VOID_##count __VA_ARGS__)

#define LAB_VOID_0 void
#define LAB_VOID_1
#define LAB_VOID_2
#define LAB_VOID_3
#define LAB_VOID_4
#define LAB_VOID_5
#define LAB_VOID_6
#define LAB_VOID_7
#define LAB_VOID_8

#define LAB_PASS_0
#define LAB_PASS_1 step->arg[0]
#define LAB_PASS_2 LAB_PASS_1, step->arg[1]
#define LAB_PASS_3 LAB_PASS_2, step->arg[2]
#define LAB_PASS_4 LAB_PASS_3, step->arg[3]
#define LAB_PASS_5 LAB_PASS_4, step->arg[4]
#define LAB_PASS_6 LAB_PASS_5, step->arg[5]
#define LAB_PASS_7 LAB_PASS_6, step->arg[6]
#define LAB_PASS_8 LAB_PASS_7, step->arg[7]

#endif
