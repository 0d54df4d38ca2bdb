// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/scsi: a host is scanned while an ioctl resets it. Left out: devices, and what
 * waits for either.
 */
#include <linux/spinlock.h>
#include <linux/types.h>

struct Scsi_Host {
	spinlock_t *host_lock;
	unsigned unchecked_isa_dma:1;
	unsigned use_clustering:1;
	unsigned use_blk_tcq:1;
	unsigned host_self_blocked:1;
	unsigned reverse_ordering:1;
	unsigned ordered_tag:1;
	unsigned tmf_in_progress:1;
	unsigned async_scan:1;
};

static spinlock_t default_lock;
static struct Scsi_Host shost = { .host_lock = &default_lock };

/* Of the list of hosts that are being scanned. */
static spinlock_t async_scan_lock;
static unsigned int scanning_hosts;

void scsi_prep_async_scan(struct Scsi_Host *shost)
{
	spin_lock(&async_scan_lock);
	shost->async_scan = 1;
	scanning_hosts++;
	spin_unlock(&async_scan_lock);
}

/* ioctl(SG_SCSI_RESET) */
void scsi_reset_provider(struct Scsi_Host *shost)
{
	unsigned long flags;

	spin_lock_irqsave(shost->host_lock, flags);
	shost->tmf_in_progress = 1;
	spin_unlock_irqrestore(shost->host_lock, flags);
}
