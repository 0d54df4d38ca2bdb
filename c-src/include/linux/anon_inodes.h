/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of no file system. */
#ifndef _LINUX_ANON_INODES_H
#define _LINUX_ANON_INODES_H

#include <linux/types.h>

struct file;
struct file_operations;

/* With one reference, for whoever gives it a descriptor. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags);
struct file *anon_inode_getfile_fmode(const char *name, const struct file_operations *fops, void *priv, int flags, fmode_t mode);

#endif
