// SPDX-License-Identifier: GPL-2.0-only
/*
 * From net/bridge/br_fdb.c: an entry of a bridge's forwarding table, written by users under a
 * lock and by packets under none. Left out: the table, and notifications.
 */
#include <linux/bitops.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct net_bridge_port {
	u16 port_no;
};

struct net_bridge_fdb_entry {
	struct net_bridge_port *dst;
	unsigned char is_local:1,
		      is_static:1,
		      is_sticky:1,
		      added_by_user:1,
		      added_by_external_learn:1,
		      offloaded:1;
};

struct net_bridge {
	spinlock_t hash_lock;
};

static struct net_bridge br;
static struct net_bridge_port br_port;
static struct net_bridge_fdb_entry fdb = { .added_by_external_learn = 1 };

/* bridge fdb replace ... local */
void fdb_add_entry(struct net_bridge *br, struct net_bridge_fdb_entry *fdb)
{
	spin_lock_bh(&br->hash_lock);
	fdb->is_local = 1;
	spin_unlock_bh(&br->hash_lock);
}

/* A packet from that address comes in on @source. */
void br_fdb_update(struct net_bridge_fdb_entry *fdb, struct net_bridge_port *source)
{
	if (fdb->is_local)
		return;
	if (fdb->dst == source)
		return;
	fdb->dst = source;
	if (fdb->added_by_external_learn)
		fdb->added_by_external_learn = 0;
}

bool fdb_is_local(const struct net_bridge_fdb_entry *fdb)
{
	return fdb->is_local;
}
