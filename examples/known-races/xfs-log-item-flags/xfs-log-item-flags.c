// SPDX-License-Identifier: GPL-2.0-only
/*
 * From fs/xfs: the flags of a log item. One of them belongs to the list of items that are to
 * be written back (the AIL) and has its lock; the others have none. Left out: the list itself.
 */
#include <linux/bitops.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define XFS_LI_IN_AIL 0x1
#define XFS_LI_ABORTED 0x2
#define XFS_LI_FAILED 0x4

struct xfs_ail {
	spinlock_t ail_lock;
};

struct xfs_log_item {
	u64 li_lsn;
	unsigned int li_flags;
};

static struct xfs_ail ail;
static struct xfs_log_item item;

/* An earlier checkpoint is on disk: the item, which it had too, is now to be written back. */
void xfs_trans_ail_update(struct xfs_ail *ailp, struct xfs_log_item *lip, u64 lsn)
{
	spin_lock(&ailp->ail_lock);
	lip->li_flags |= XFS_LI_IN_AIL;
	lip->li_lsn = lsn;
	spin_unlock(&ailp->ail_lock);
}

/* A transaction that changed the item as well is cancelled. */
void xfs_trans_free_items(struct xfs_log_item *lip, bool abort)
{
	if (abort)
		lip->li_flags |= XFS_LI_ABORTED;
}

bool xfs_item_in_ail(const struct xfs_log_item *lip)
{
	return lip->li_flags & XFS_LI_IN_AIL;
}

bool xfs_item_aborted(const struct xfs_log_item *lip)
{
	return lip->li_flags & XFS_LI_ABORTED;
}
