// SPDX-License-Identifier: GPL-2.0-only
/*
 * From fs/btrfs: an inode's flags, one bit-field with a lock for each flag. Left out: the tree
 * of inodes to be defragmented, and whether there is room for what is reserved.
 */
#include <linux/bitops.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct btrfs_inode {
	spinlock_t lock;
	unsigned outstanding_extents;
	unsigned reserved_extents;
	unsigned ordered_data_close:1;
	unsigned orphan_meta_reserved:1;
	unsigned dummy_inode:1;
	unsigned in_defrag:1;
	unsigned delalloc_meta_reserved:1;
	unsigned force_compress:4;
};

struct btrfs_fs_info {
	spinlock_t defrag_inodes_lock;
};

static struct btrfs_fs_info fs_info;
static struct btrfs_inode inode;

/* A small write in the middle of a file: the inode is to be defragmented. */
void btrfs_add_inode_defrag(struct btrfs_inode *inode)
{
	spin_lock(&fs_info.defrag_inodes_lock);
	inode->in_defrag = 1;
	spin_unlock(&fs_info.defrag_inodes_lock);
}

/* Another write reserves room for the metadata of what it will allocate later. */
void btrfs_delalloc_reserve_metadata(struct btrfs_inode *inode)
{
	spin_lock(&inode->lock);
	inode->outstanding_extents++;
	inode->delalloc_meta_reserved = 1;
	inode->reserved_extents++;
	spin_unlock(&inode->lock);
}

/* Is it queued? If not, a second time is an error in the tree. */
bool btrfs_inode_in_defrag(const struct btrfs_inode *inode)
{
	return inode->in_defrag;
}

/* Is there anything to be given back? */
bool btrfs_inode_meta_reserved(const struct btrfs_inode *inode)
{
	return inode->delalloc_meta_reserved;
}
