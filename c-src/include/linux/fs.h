/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/atomic.h>
#include <linux/rwsem.h>
#include <linux/types.h>

/* What a file's users have mapped: nothing yet. */
struct address_space {
	struct rw_semaphore i_mmap_rwsem;
};

struct inode {
	struct address_space *i_mapping;
	struct address_space i_data;
};

struct file_operations;

struct file {
	atomic_t f_count;
	void *private_data;
	const struct file_operations *f_op;
};

/* By descriptor, with a reference for the caller; NULL where it is none. */
struct file *fget(int fd);

/* A file of no file system, for its opener's descriptor, and references on it. */
struct file *anon_inode_getfile(const struct file_operations *fops, void *priv);
struct file *get_file(struct file *filp);
void fput(struct file *filp);

struct file_operations {
	ssize_t (*read)(struct file *filep, char __user *buf, size_t count, loff_t *ppos);
	ssize_t (*write)(struct file *filep, const char __user *buf, size_t count, loff_t *ppos);
	long (*unlocked_ioctl)(struct file *filep, unsigned int cmd, unsigned long arg);
	int (*release)(struct inode *inode, struct file *filep);
};

#endif
