/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MLX5_CORE_CQ_H
#define MLX5_CORE_CQ_H

#include <linux/mlx5/driver.h>

/* What a driver tells the device by writing memory. */
struct mlx5_db {
	u32 ci;				/* consumed so far */
	u32 arm;			/* the next completion is to interrupt */
};

struct mlx5_core_cq {
	u32 cqn;
	struct mlx5_db *db;
	u32 cons_index;
	/* in interrupt context: a completion has come, or the queue has broken */
	void (*comp)(struct mlx5_core_cq *cq, struct mlx5_eqe *eqe);
	void (*event)(struct mlx5_core_cq *cq, enum mlx5_event type);
	struct mlx5_core_cq *next;	/* that events may be for */
};

int mlx5_core_create_cq(struct mlx5_core_dev *dev, struct mlx5_core_cq *cq, const struct mlx5_cmd_in *in);
/* Returns when none of its callbacks runs any more. */
int mlx5_core_destroy_cq(struct mlx5_core_dev *dev, struct mlx5_core_cq *cq);

/* What comes after this is told by an interrupt; what has come before is for the caller to look for. */
static inline void mlx5_cq_arm(struct mlx5_core_cq *cq)
{
	__atomic_store_n(&cq->db->arm, 1, __ATOMIC_SEQ_CST);
}

static inline void mlx5_cq_set_ci(struct mlx5_core_cq *cq)
{
	__atomic_store_n(&cq->db->ci, cq->cons_index, __ATOMIC_RELEASE);
}

#endif
