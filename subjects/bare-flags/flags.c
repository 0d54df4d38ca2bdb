// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bare flags: the read-modify-write of a bit-field and the store of a bool, with no driver around them; and a
 * count that every task adds to without a lock.
 */
#include <linux/errno.h>

#include "lab/lab.h"

static inline struct lab_flags *flags_of(struct lab_instance *instance, const struct lab_step *step)
{
	return step->device < LAB_DEVICES ? instance->device[step->device].flags : NULL;
}

s64 lab_flag_write(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_flags *flags = flags_of(instance, step);

	if (!flags)
		return -ENODEV;

	switch ((enum lab_flag)step->arg[0]) {
	case LAB_PACKED_A:
		flags->packed.a = step->arg[1];
		return 0;
	case LAB_PACKED_B:
		flags->packed.b = step->arg[1];
		return 0;
	case LAB_PACKED_I:
		flags->packed.i = step->arg[1];
		return 0;
	case LAB_PLAIN_A:
		flags->plain.a = step->arg[1];
		return 0;
	case LAB_PLAIN_B:
		flags->plain.b = step->arg[1];
		return 0;
	}
	return -EINVAL;
}

s64 lab_count_up(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_flags *flags = flags_of(instance, step);

	return flags ? ++flags->count : -ENODEV;
}
