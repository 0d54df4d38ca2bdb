/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_UACCESS_H
#define _LINUX_UACCESS_H

#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

/*
 * A user's buffer is plain memory of the lab's; a kernel may have to fetch it first, and sleep. Returns the bytes it could
 * not copy: none. The sizes that register accesses come in are one load and one store.
 */
static inline unsigned long __stub_copy_bytes(void *to, const void *from, unsigned long bytes)
{
	switch (bytes) {
	case 1:
		*(u8 *)to = *(const u8 *)from;
		break;
	case 2:
		__builtin_memcpy(to, from, 2);
		break;
	case 4:
		__builtin_memcpy(to, from, 4);
		break;
	default:
		memcpy(to, from, bytes);
	}
	return 0;
}

static inline unsigned long copy_from_user(void *to, const void __user *from, unsigned long bytes)
{
	might_sleep();
	return __stub_copy_bytes(to, from, bytes);
}

static inline unsigned long copy_to_user(void __user *to, const void *from, unsigned long bytes)
{
	might_sleep();
	return __stub_copy_bytes(to, from, bytes);
}

#endif
