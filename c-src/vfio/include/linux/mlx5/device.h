/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes between an mlx5 function and its firmware: commands, completions, events. */
#ifndef MLX5_DEVICE_H
#define MLX5_DEVICE_H

#include <linux/types.h>

enum mlx5_cmd_op {
	MLX5_CMD_OP_QUERY_HCA_CAP,		/* of function -> vhca_id, and whether it can migrate */
	MLX5_CMD_OP_ENABLE_HCA,			/* function */
	MLX5_CMD_OP_DISABLE_HCA,
	MLX5_CMD_OP_SUSPEND_VHCA,		/* vhca_id, and which side of it */
	MLX5_CMD_OP_RESUME_VHCA,
	MLX5_CMD_OP_SAVE_VHCA_STATE,		/* vhca_id */
	MLX5_CMD_OP_LOAD_VHCA_STATE,
	MLX5_CMD_OP_ALLOC_PD,			/* -> number */
	MLX5_CMD_OP_DEALLOC_PD,
	MLX5_CMD_OP_CREATE_CQ,			/* ring, entries, doorbell record -> number */
	MLX5_CMD_OP_DESTROY_CQ,
	MLX5_CMD_OP_CREATE_QP,			/* pd, cq -> number */
	MLX5_CMD_OP_RST2INIT_QP,
	MLX5_CMD_OP_INIT2RTR_QP,		/* the QP at the other end */
	MLX5_CMD_OP_RTR2RTS_QP,
	MLX5_CMD_OP_DESTROY_QP,
	MLX5_CMD_OP_CREATE_GENERAL_OBJECT,	/* a page tracker: vhca_id, its QP -> number */
	MLX5_CMD_OP_MODIFY_GENERAL_OBJECT,	/* its state, and a range */
	MLX5_CMD_OP_QUERY_GENERAL_OBJECT,	/* -> its state */
	MLX5_CMD_OP_DESTROY_GENERAL_OBJECT,
};

enum mlx5_vhca_side { MLX5_VHCA_INITIATOR, MLX5_VHCA_RESPONDER };

enum mlx5_page_track_state {
	MLX5_PAGE_TRACK_STATE_TRACKING,
	MLX5_PAGE_TRACK_STATE_REPORTING,
	MLX5_PAGE_TRACK_STATE_ERROR,
};

enum mlx5_qpc_state { MLX5_QP_STATE_RST, MLX5_QP_STATE_INIT, MLX5_QP_STATE_RTR, MLX5_QP_STATE_RTS };

struct mlx5_cqe64;
struct mlx5_db;

/* Which of these a command reads is a matter of its opcode. */
struct mlx5_cmd_in {
	enum mlx5_cmd_op opcode;
	u32 function;			/* 0: the PF, n: its VF n - 1 */
	u32 vhca_id;
	u32 number;			/* of the object it is about */
	u32 peer;			/* ... and of the one that this depends on */
	u32 state;
	u64 iova, length;
	struct mlx5_cqe64 *ring;
	u32 entries;
	struct mlx5_db *db;
};

struct mlx5_cmd_out {
	u32 number;
	u32 state;
	u32 vhca_id;
	bool migratable;
};

/* A completion. Its owner bit changes its meaning each time that the ring has been gone round. */
struct mlx5_cqe64 {
	u32 immediate;			/* of a report: the tracker's state from here on */
	u8 op_own;
};

#define MLX5_CQE_OWNER_MASK 1
#define MLX5_CQE_RESP_SEND_IMM 0x3
#define MLX5_CQE_INVALID 0xf

enum mlx5_event {
	MLX5_EVENT_TYPE_NOTIFY_ANY,	/* not an event, but all of them */
	MLX5_EVENT_TYPE_CQ_ERROR,
	MLX5_EVENT_TYPE_WQ_CATAS_ERROR,
	MLX5_EVENT_TYPE_OBJECT_CHANGE,
};

struct mlx5_eqe {
	enum mlx5_event type;
	u32 number;			/* of the QP, CQ or object it is about */
};

#endif
