// SPDX-License-Identifier: GPL-2.0-only
/* A file system that is nothing but where inodes come from. */
#include <linux/fs.h>
#include <linux/mount.h>

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kernel/stub.h"

struct mounted {
	struct vfsmount mount;
	struct super_block sb;
};

static __machine spinlock_t pins;

/* Mounts it for the first one. Who comes at the same time and is late gives his own up. */
int simple_pin_fs(struct file_system_type *type, struct vfsmount **mount, int *count)
{
	struct mounted *own = NULL;

	spin_lock(&pins);
	if (!*mount) {
		spin_unlock(&pins);
		own = stub_kmalloc(sizeof(*own), GFP_KERNEL | __GFP_ZERO);
		if (!own)
			return -ENOMEM;
		own->mount.mnt_sb = &own->sb;
		own->sb.s_type = type;
		spin_lock(&pins);
		if (!*mount) {
			*mount = &own->mount;
			own = NULL;
		}
	}
	++*count;
	spin_unlock(&pins);
	kfree(own);
	return 0;
}

void simple_release_fs(struct vfsmount **mount, int *count)
{
	struct vfsmount *last = NULL;

	spin_lock(&pins);
	if (!--*count) {
		last = *mount;
		*mount = NULL;
	}
	spin_unlock(&pins);
	kfree(last ? container_of(last, struct mounted, mount) : NULL);
}

void stub_inode_init(struct inode *inode)
{
	spin_lock_init(&inode->i_lock);
	init_rwsem(&inode->i_rwsem);
	init_rwsem(&inode->i_data.i_mmap_rwsem);
	xa_init(&inode->i_data.i_pages);
	inode->i_data.host = inode;
	inode->i_mapping = &inode->i_data;
	atomic_set(&inode->i_count, 1);
}

struct inode *alloc_anon_inode(struct super_block *sb)
{
	struct inode *inode = stub_kmalloc(sizeof(*inode), GFP_KERNEL | __GFP_ZERO);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	stub_inode_init(inode);
	inode->i_sb = sb;
	inode->i_mode = S_IRUSR | S_IWUSR;
	return inode;
}

void stub_inode_put(struct inode *inode)
{
	if (atomic_dec_and_test(&inode->i_count))
		kfree(inode);
}

/* The last one may have to wait for what is written back. */
void iput(struct inode *inode)
{
	if (!inode)
		return;
	stub_might_sleep(inode);
	stub_inode_put(inode);
}
