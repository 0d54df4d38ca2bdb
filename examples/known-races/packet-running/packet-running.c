// SPDX-License-Identifier: GPL-2.0-only
/*
 * From net/packet/af_packet.c: a packet socket is bound while an option is set. Left out: the
 * hook, and copying from user space.
 */
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct packet_sock {
	struct mutex sk_lock;		/* what lock_sock() takes */
	spinlock_t bind_lock;
	unsigned int running:1,
		     auxdata:1,
		     origdev:1,
		     has_vnet_hdr:1;
};

static struct packet_sock po;

static void register_prot_hook(struct packet_sock *po)
{
	if (!po->running)
		po->running = 1;
}

void packet_do_bind(struct packet_sock *po)
{
	mutex_lock(&po->sk_lock);
	spin_lock(&po->bind_lock);
	register_prot_hook(po);
	spin_unlock(&po->bind_lock);
	mutex_unlock(&po->sk_lock);
}

/* The device comes up again. */
void packet_notifier_up(struct packet_sock *po)
{
	spin_lock(&po->bind_lock);
	register_prot_hook(po);
	spin_unlock(&po->bind_lock);
}

/* setsockopt(PACKET_AUXDATA) */
void packet_set_auxdata(struct packet_sock *po, int val)
{
	po->auxdata = !!val;
}

/* setsockopt(PACKET_ORIGDEV) */
void packet_set_origdev(struct packet_sock *po, int val)
{
	po->origdev = !!val;
}
