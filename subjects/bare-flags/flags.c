// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bare flags: the read-modify-write of a bit-field and the store of a bool, with no driver around them; and a
 * count that every task adds to without a lock.
 */
#include <linux/errno.h>

#include "lab/op.h"

struct packed {
	bool a:1;
	bool b:1;
	bool c:1;
	bool d:1;
	bool e:1;
	bool f:1;
	bool g:1;
	bool h:1;
	bool i:1;
	bool j:1;
	bool k:1;
	bool l:1;
};

struct plain {
	bool a;
	bool b;
};

LAB_ROOT(struct packed, packed);
LAB_ROOT(struct plain, plain);
LAB_ROOT(u32, count);

enum flag { FLAG_PACKED_A, FLAG_PACKED_B, FLAG_PACKED_I, FLAG_PLAIN_A, FLAG_PLAIN_B };

LAB_OP(flag_write, enum flag flag, bool value)
{
	switch (flag) {
	case FLAG_PACKED_A:
		packed.a = value;
		return 0;
	case FLAG_PACKED_B:
		packed.b = value;
		return 0;
	case FLAG_PACKED_I:
		packed.i = value;
		return 0;
	case FLAG_PLAIN_A:
		plain.a = value;
		return 0;
	case FLAG_PLAIN_B:
		plain.b = value;
		return 0;
	}
	return -EINVAL;
}

/* -> the value written */
LAB_OP(count_up)
{
	return ++count;
}
