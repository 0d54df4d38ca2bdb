// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors: numbers of files in the machine's arena, as its user was given them. */
#include <linux/fs.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

struct file *fget(int fd)
{
	return stub_should_fail(LAB_FAULT_FGET) ? NULL : stub_object((u32)fd);
}
