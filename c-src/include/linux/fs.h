/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_FS_H
#define _LINUX_FS_H

#include <linux/atomic.h>
#include <linux/fcntl.h>
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

#define FMODE_READ 1u
#define FMODE_WRITE 2u
#define OPEN_FMODE(flags) ((fmode_t)(((flags) + 1) & O_ACCMODE))

struct file {
	atomic_long_t f_count;
	fmode_t f_mode;
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
};

static inline struct file *get_file(struct file *filp)
{
	atomic_long_inc(&filp->f_count);
	return filp;
}

#define file_count(filp) atomic_long_read(&(filp)->f_count)

struct poll_table_struct;

struct file_operations {
	ssize_t (*read)(struct file *filep, char __user *buf, size_t count, loff_t *ppos);
	ssize_t (*write)(struct file *filep, const char __user *buf, size_t count, loff_t *ppos);
	__poll_t (*poll)(struct file *filep, struct poll_table_struct *table);
	long (*unlocked_ioctl)(struct file *filep, unsigned int cmd, unsigned long arg);
	int (*release)(struct inode *inode, struct file *filep);
};

#endif
