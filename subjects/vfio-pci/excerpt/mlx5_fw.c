// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware of an mlx5 adapter: a table of objects, and one command at a time. It is no part of the
 * kernel, so that no task holds its lock.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "kernel/stub.h"
#include "mlx5.h"

#define BUSY 1u
/* What each VF can have at once: a protection domain, a CQ, two QPs, a page tracker. */
#define OBJECTS (5 * MLX5_VFS)

enum kind { NONE, PD, CQ, QP, TRACKER };

struct object {
	enum kind kind;
	u32 state;			/* of a QP, or a page tracker */
	u32 peer;			/* a QP's CQ, a tracker's QP */
	u32 vhca_id;			/* whose pages a tracker tracks */
	struct mlx5_cqe64 *ring;	/* a CQ's */
	u32 entries, produced;
	struct mlx5_db *db;
};

struct mlx5_fw {
	u32 word;
	struct object object[OBJECTS];	/* the first one has number 1 */
};

struct mlx5_fw *stub_mlx5_fw_create(void)
{
	return kzalloc(sizeof(struct mlx5_fw), GFP_KERNEL);
}

static struct object *object_of(struct mlx5_fw *fw, enum kind kind, u32 number)
{
	struct object *object = &fw->object[number - 1];

	return number - 1 < OBJECTS && object->kind == kind ? object : NULL;
}

static int create(struct mlx5_fw *fw, enum kind kind, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	for (u32 i = 0; i < OBJECTS; i++) {
		if (fw->object[i].kind)
			continue;
		fw->object[i] = (struct object){
			.kind = kind, .peer = in->peer, .vhca_id = in->vhca_id,
			.ring = in->ring, .entries = in->entries, .db = in->db,
		};
		out->number = i + 1;
		return 0;
	}
	return -ENOMEM;
}

static int destroy(struct mlx5_fw *fw, enum kind kind, u32 number)
{
	struct object *object = object_of(fw, kind, number);

	if (!object)
		return -EINVAL;
	object->kind = NONE;
	return 0;
}

/* From one state to the next and no other. */
static int move_qp(struct mlx5_fw *fw, const struct mlx5_cmd_in *in, u32 from)
{
	struct object *qp = object_of(fw, QP, in->number);

	if (!qp || qp->state != from)
		return -EINVAL;
	qp->state = from + 1;
	return 0;
}

static int set_tracker(struct mlx5_fw *fw, const struct mlx5_cmd_in *in)
{
	struct object *tracker = object_of(fw, TRACKER, in->number);

	if (!tracker || !in->length)
		return -EINVAL;
	tracker->state = in->state;
	return 0;
}

static int get_tracker(struct mlx5_fw *fw, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	const struct object *tracker = object_of(fw, TRACKER, in->number);

	if (!tracker)
		return -EINVAL;
	out->state = tracker->state;
	return 0;
}

static int exec(struct mlx5_fw *fw, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	switch (in->opcode) {
	case MLX5_CMD_OP_QUERY_HCA_CAP:
		out->migratable = in->function != 0;
		out->vhca_id = stub_mlx5_vhca_id((int)in->function - 1);
		return 0;
	case MLX5_CMD_OP_ENABLE_HCA:
	case MLX5_CMD_OP_DISABLE_HCA:
	case MLX5_CMD_OP_SUSPEND_VHCA:
	case MLX5_CMD_OP_RESUME_VHCA:
	case MLX5_CMD_OP_SAVE_VHCA_STATE:
	case MLX5_CMD_OP_LOAD_VHCA_STATE:
		return 0;
	case MLX5_CMD_OP_ALLOC_PD:
		return create(fw, PD, in, out);
	case MLX5_CMD_OP_DEALLOC_PD:
		return destroy(fw, PD, in->number);
	case MLX5_CMD_OP_CREATE_CQ:
		return create(fw, CQ, in, out);
	case MLX5_CMD_OP_DESTROY_CQ:
		return destroy(fw, CQ, in->number);
	case MLX5_CMD_OP_CREATE_QP:
		return object_of(fw, CQ, in->peer) ? create(fw, QP, in, out) : -EINVAL;
	case MLX5_CMD_OP_RST2INIT_QP:
		return move_qp(fw, in, MLX5_QP_STATE_RST);
	case MLX5_CMD_OP_INIT2RTR_QP:
		return object_of(fw, QP, in->peer) ? move_qp(fw, in, MLX5_QP_STATE_INIT) : -EINVAL;
	case MLX5_CMD_OP_RTR2RTS_QP:
		return move_qp(fw, in, MLX5_QP_STATE_RTR);
	case MLX5_CMD_OP_DESTROY_QP:
		return destroy(fw, QP, in->number);
	case MLX5_CMD_OP_CREATE_GENERAL_OBJECT:
		return object_of(fw, QP, in->peer) ? create(fw, TRACKER, in, out) : -EINVAL;
	case MLX5_CMD_OP_MODIFY_GENERAL_OBJECT:
		return set_tracker(fw, in);
	case MLX5_CMD_OP_QUERY_GENERAL_OBJECT:
		return get_tracker(fw, in, out);
	case MLX5_CMD_OP_DESTROY_GENERAL_OBJECT:
		return destroy(fw, TRACKER, in->number);
	}
	return -EINVAL;
}

int stub_mlx5_fw_exec(struct mlx5_fw *fw, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	int ret;

	stub_acquire(&fw->word, BUSY, BUSY);
	ret = exec(fw, in, out);
	stub_release(&fw->word, BUSY);
	return ret;
}

/* ---- what it does by itself ---- */

struct stub_mlx5_tracker stub_mlx5_fw_tracker(struct mlx5_fw *fw, u32 vhca_id)
{
	struct stub_mlx5_tracker found = { 0 };

	stub_acquire(&fw->word, BUSY, BUSY);
	for (u32 i = 0; i < OBJECTS && !found.tracker; i++) {
		const struct object *tracker = &fw->object[i], *qp;

		if (tracker->kind != TRACKER || tracker->vhca_id != vhca_id)
			continue;
		qp = object_of(fw, QP, tracker->peer);
		found = (struct stub_mlx5_tracker){ i + 1, tracker->peer, qp ? qp->peer : 0 };
	}
	stub_release(&fw->word, BUSY);
	return found;
}

/* What follows from the new completion is decided after it is there for all to see. */
static bool complete_cq(struct object *cq, u32 immediate)
{
	u32 at = cq->produced++;
	struct mlx5_cqe64 *cqe = &cq->ring[at % cq->entries];
	u8 owner = at / cq->entries & MLX5_CQE_OWNER_MASK;

	cqe->immediate = immediate;
	__atomic_store_n(&cqe->op_own, (u8)(MLX5_CQE_RESP_SEND_IMM << 4 | owner), __ATOMIC_SEQ_CST);
	return __atomic_exchange_n(&cq->db->arm, 0, __ATOMIC_SEQ_CST);
}

bool stub_mlx5_fw_report(struct mlx5_fw *fw, const struct stub_mlx5_tracker *of)
{
	struct object *tracker, *cq;
	bool interrupt = false;

	stub_acquire(&fw->word, BUSY, BUSY);
	tracker = object_of(fw, TRACKER, of->tracker);
	cq = object_of(fw, CQ, of->cqn);
	if (tracker && cq && tracker->state == MLX5_PAGE_TRACK_STATE_REPORTING) {
		tracker->state = MLX5_PAGE_TRACK_STATE_TRACKING;
		interrupt = complete_cq(cq, tracker->state);
	}
	stub_release(&fw->word, BUSY);
	return interrupt;
}
