// SPDX-License-Identifier: GPL-2.0-only
/* Files and descriptors: numbers of files in the machine's arena, as its user was given them. */
#include <linux/fs.h>

#include <linux/err.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(fget);

struct file *fget(int fd)
{
	return stub_should_fail(fget) ? NULL : stub_object((u32)fd);
}

struct file *anon_inode_getfile(const struct file_operations *fops, void *priv)
{
	struct file *filp = kzalloc(sizeof(*filp), GFP_KERNEL);

	if (!filp)
		return ERR_PTR(-ENOMEM);
	filp->f_op = fops;
	filp->private_data = priv;
	atomic_set(&filp->f_count, 1);
	return filp;
}

struct file *get_file(struct file *filp)
{
	atomic_inc(&filp->f_count);
	return filp;
}

void fput(struct file *filp)
{
	int left = atomic_dec_return(&filp->f_count);

	if (left < 0)
		stub_violation(STUB_REFERENCE_UNDERFLOW, filp);
	if (left)
		return;
	filp->f_op->release(NULL, filp);
	kfree(filp);
}
