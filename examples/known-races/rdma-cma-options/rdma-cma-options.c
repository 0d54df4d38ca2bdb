// SPDX-License-Identifier: GPL-2.0-only
/*
 * From drivers/infiniband/core/cma.c: options of a connection that its users set. Left out:
 * what the values are checked for.
 */
#include <linux/mutex.h>
#include <linux/types.h>

struct rdma_id_private {
	struct mutex qp_mutex;
	u8 tos;
	u8 tos_set:1;
	u8 timeout_set:1;
	u8 min_rnr_timer_set:1;
	u8 timeout;
	u8 min_rnr_timer;
};

static struct rdma_id_private id;

void rdma_set_service_type(struct rdma_id_private *id_priv, int tos)
{
	id_priv->tos = tos;
	id_priv->tos_set = true;
}

int rdma_set_ack_timeout(struct rdma_id_private *id_priv, u8 timeout)
{
	id_priv->timeout = timeout;
	id_priv->timeout_set = true;
	return 0;
}
