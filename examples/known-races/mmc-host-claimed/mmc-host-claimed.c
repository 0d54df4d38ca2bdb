// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/mmc/core: who claims a host, and whether it is to be tuned again before the
 * next request. Left out: what a claim waits for, and how a queue claims the host itself.
 */
#include <linux/spinlock.h>
#include <linux/types.h>

struct mmc_host {
	spinlock_t lock;
	unsigned int use_spi_crc:1;
	unsigned int claimed:1;
	unsigned int doing_init_tune:1;
	unsigned int can_retune:1;
	unsigned int doing_retune:1;
	unsigned int retune_now:1;
	unsigned int retune_paused:1;
	unsigned int retune_crc_disable:1;
	int need_retune;
	int hold_retune;
	int claim_cnt;
	bool cqe_enabled;
};

static struct mmc_host host = {
	.can_retune = 1,
	.need_retune = 1,		/* the retune timer has fired */
	.cqe_enabled = true,
};

void mmc_claim_host(struct mmc_host *host)
{
	unsigned long flags;

	spin_lock_irqsave(&host->lock, flags);
	host->claimed = 1;
	host->claim_cnt++;
	spin_unlock_irqrestore(&host->lock, flags);
}

/* The block layer's worker hands over a request; it is the only one in flight. */
void mmc_mq_queue_rq(struct mmc_host *host)
{
	if (host->cqe_enabled)
		host->retune_now = host->need_retune && !host->hold_retune;
}
