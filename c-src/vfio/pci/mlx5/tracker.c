// SPDX-License-Identifier: GPL-2.0-only
/* The page tracker, built of commands to the PF's firmware: which pages does the VF write? */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vfio/pci/mlx5/cmd.h"

#define CQ_ENTRIES 4u

/* ---- events, in interrupt context unless it says otherwise ---- */

/* Also from process context. Whoever waits for a report goes on, and finds the mark. */
void set_tracker_error(struct mlx5vf_pci_core_device *mvdev)
{
	mvdev->tracker.is_err = true;
	complete(&mvdev->tracker_comp);
}

static void set_tracker_change_event(struct mlx5vf_pci_core_device *mvdev)
{
	mvdev->tracker.object_changed = true;
	complete(&mvdev->tracker_comp);
}

static int mlx5vf_event_notifier(struct notifier_block *nb, unsigned long type, void *data)
{
	struct mlx5_vhca_page_tracker *tracker = mlx5_nb_cof(nb, struct mlx5_vhca_page_tracker, nb);
	struct mlx5vf_pci_core_device *mvdev =
		container_of(tracker, struct mlx5vf_pci_core_device, tracker);
	const struct mlx5_eqe *eqe = data;
	bool own_qp = eqe->number == tracker->host_qp->qpn || eqe->number == tracker->fw_qp->qpn;

	if (type == MLX5_EVENT_TYPE_WQ_CATAS_ERROR && own_qp)
		set_tracker_error(mvdev);
	else if (type == MLX5_EVENT_TYPE_OBJECT_CHANGE && eqe->number == tracker->id)
		set_tracker_change_event(mvdev);
	return NOTIFY_OK;
}

static struct mlx5vf_pci_core_device *device_of(struct mlx5_core_cq *mcq)
{
	return container_of(mcq, struct mlx5vf_pci_core_device, tracker.cq.mcq);
}

static void mlx5vf_cq_event(struct mlx5_core_cq *mcq, enum mlx5_event type)
{
	if (type == MLX5_EVENT_TYPE_CQ_ERROR)
		set_tracker_error(device_of(mcq));
}

static void mlx5vf_cq_complete(struct mlx5_core_cq *mcq, struct mlx5_eqe *eqe)
{
	(void)eqe;
	complete(&device_of(mcq)->tracker_comp);
}

/* ---- its queues ---- */

static int create_cq(struct mlx5_core_dev *mdev, struct mlx5_vhca_cq *cq)
{
	const u8 nobodys = MLX5_CQE_INVALID << 4 | MLX5_CQE_OWNER_MASK;
	struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_CREATE_CQ, .entries = CQ_ENTRIES, .db = &cq->db };
	int err;

	cq->ncqe = CQ_ENTRIES;
	cq->ring = kzalloc(CQ_ENTRIES * sizeof(*cq->ring), GFP_KERNEL_ACCOUNT);
	if (!cq->ring)
		return -ENOMEM;
	for (u32 i = 0; i < CQ_ENTRIES; i++)
		cq->ring[i].op_own = nobodys;

	cq->mcq.comp = mlx5vf_cq_complete;
	cq->mcq.event = mlx5vf_cq_event;
	in.ring = cq->ring;
	err = mlx5_core_create_cq(mdev, &cq->mcq, &in);
	if (err)
		kfree(cq->ring);
	return err;
}

static void destroy_cq(struct mlx5_core_dev *mdev, struct mlx5_vhca_cq *cq)
{
	mlx5_core_destroy_cq(mdev, &cq->mcq);
	kfree(cq->ring);
}

static struct mlx5_vhca_qp *create_rc_qp(struct mlx5_core_dev *mdev, const struct mlx5_vhca_page_tracker *tracker)
{
	const struct mlx5_cmd_in in = {
		.opcode = MLX5_CMD_OP_CREATE_QP,
		.number = tracker->pdn,
		.peer = tracker->cq.mcq.cqn,
	};
	struct mlx5_vhca_qp *qp = kzalloc(sizeof(*qp), GFP_KERNEL_ACCOUNT);
	struct mlx5_cmd_out out;

	if (!qp)
		return NULL;
	if (mlx5_cmd_exec(mdev, &in, &out)) {
		kfree(qp);
		return NULL;
	}
	qp->qpn = out.number;
	return qp;
}

static void destroy_qp(struct mlx5_core_dev *mdev, struct mlx5_vhca_qp *qp)
{
	const struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_DESTROY_QP, .number = qp->qpn };
	struct mlx5_cmd_out out;

	mlx5_cmd_exec(mdev, &in, &out);
	kfree(qp);
}

/* Two QPs that talk to each other: from reset to ready to send, in three steps. */
static int activate_qp(struct mlx5_core_dev *mdev, const struct mlx5_vhca_qp *qp, u32 remote)
{
	static const enum mlx5_cmd_op steps[] = {
		MLX5_CMD_OP_RST2INIT_QP, MLX5_CMD_OP_INIT2RTR_QP, MLX5_CMD_OP_RTR2RTS_QP,
	};
	struct mlx5_cmd_in in = { .number = qp->qpn, .peer = remote };
	struct mlx5_cmd_out out;

	for (u32 i = 0; i < 3; i++) {
		int err;

		in.opcode = steps[i];
		err = mlx5_cmd_exec(mdev, &in, &out);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the tracker itself ---- */

static int exec_on_tracker(struct mlx5vf_pci_core_device *mvdev, struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	in->number = mvdev->tracker.id;
	return mlx5vf_cmd_exec(mvdev, in, out);
}

static int create_tracker(struct mlx5vf_pci_core_device *mvdev,
			  const struct vfio_device_feature_dma_logging_range *ranges, u32 nnodes)
{
	const struct mlx5_cmd_in in = {
		.opcode = MLX5_CMD_OP_CREATE_GENERAL_OBJECT,
		.vhca_id = mvdev->vhca_id,
		.peer = mvdev->tracker.fw_qp->qpn,
		.iova = ranges[0].iova,
		.length = ranges[nnodes - 1].iova + ranges[nnodes - 1].length - ranges[0].iova,
	};
	struct mlx5_cmd_out out;
	int err = mlx5vf_cmd_exec(mvdev, &in, &out);

	if (!err)
		mvdev->tracker.id = out.number;
	return err;
}

static void destroy_tracker(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_DESTROY_GENERAL_OBJECT };
	struct mlx5_cmd_out out;

	exec_on_tracker(mvdev, &in, &out);
}

static int modify_tracker(struct mlx5vf_pci_core_device *mvdev, u64 iova, u64 length, u32 state)
{
	struct mlx5_cmd_in in = {
		.opcode = MLX5_CMD_OP_MODIFY_GENERAL_OBJECT,
		.iova = iova, .length = length, .state = state,
	};
	struct mlx5_cmd_out out;

	return exec_on_tracker(mvdev, &in, &out);
}

static int query_tracker(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_QUERY_GENERAL_OBJECT };
	struct mlx5_cmd_out out;
	int err = exec_on_tracker(mvdev, &in, &out);

	if (!err)
		mvdev->tracker.status = (int)out.state;
	return err;
}

/* ---- starting and stopping ---- */

/* All of it or nothing. */
static int build_tracker(struct mlx5vf_pci_core_device *mvdev,
			 const struct vfio_device_feature_dma_logging_range *ranges, u32 nnodes)
{
	struct mlx5_vhca_page_tracker *tracker = &mvdev->tracker;
	struct mlx5_core_dev *mdev = mvdev->mdev;
	int err;

	memset(tracker, 0, sizeof(*tracker));
	tracker->uar = mlx5_get_uars_page(mdev);
	err = mlx5_core_alloc_pd(mdev, &tracker->pdn);
	if (err)
		goto err_uar;
	err = create_cq(mdev, &tracker->cq);
	if (err)
		goto err_pd;

	err = -ENOMEM;
	tracker->host_qp = create_rc_qp(mdev, tracker);
	if (!tracker->host_qp)
		goto err_cq;
	tracker->fw_qp = create_rc_qp(mdev, tracker);
	if (!tracker->fw_qp)
		goto err_host_qp;
	err = activate_qp(mdev, tracker->host_qp, tracker->fw_qp->qpn);
	if (!err)
		err = activate_qp(mdev, tracker->fw_qp, tracker->host_qp->qpn);
	if (!err)
		err = create_tracker(mvdev, ranges, nnodes);
	if (err)
		goto err_fw_qp;

	MLX5_NB_INIT(&tracker->nb, mlx5vf_event_notifier, NOTIFY_ANY);
	mlx5_eq_notifier_register(mdev, &tracker->nb);
	return 0;

err_fw_qp:
	destroy_qp(mdev, tracker->fw_qp);
err_host_qp:
	destroy_qp(mdev, tracker->host_qp);
err_cq:
	destroy_cq(mdev, &tracker->cq);
err_pd:
	mlx5_core_dealloc_pd(mdev, tracker->pdn);
err_uar:
	mlx5_put_uars_page(mdev, tracker->uar);
	return err;
}

static struct mlx5vf_pci_core_device *to_mlx5vf(struct vfio_device *vdev)
{
	return container_of(vdev, struct mlx5vf_pci_core_device, core_device.vdev);
}

int mlx5vf_start_page_tracker(struct vfio_device *vdev,
			      const struct vfio_device_feature_dma_logging_range *ranges, u32 nnodes,
			      u64 *page_size)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);
	int err;

	mutex_lock(&mvdev->state_mutex);
	if (mvdev->mdev_detach)
		err = -ENOTCONN;
	else if (mvdev->log_active)
		err = -EINVAL;
	else
		err = build_tracker(mvdev, ranges, nnodes);
	if (!err) {
		mvdev->tracker.host_qp->tracked_page_size = (u32)*page_size;
		mvdev->log_active = true;
	}
	mlx5vf_state_mutex_unlock(mvdev);
	return err;
}

/* In the reverse order; events first, as they reach for the rest. */
static void take_tracker_apart(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_vhca_page_tracker *tracker = &mvdev->tracker;
	struct mlx5_core_dev *mdev = mvdev->mdev;

	mlx5_eq_notifier_unregister(mdev, &tracker->nb);
	destroy_tracker(mvdev);
	destroy_qp(mdev, tracker->fw_qp);
	destroy_qp(mdev, tracker->host_qp);
	destroy_cq(mdev, &tracker->cq);
	mlx5_core_dealloc_pd(mdev, tracker->pdn);
	mlx5_put_uars_page(mdev, tracker->uar);
}

/* A PF that has gone has taken all of it along, and nothing may be left to free. */
void _mlx5vf_free_page_tracker_resources(struct mlx5vf_pci_core_device *mvdev)
{
	lockdep_assert_held(&mvdev->state_mutex);
	if (mvdev->log_active) {
		WARN_ON(mvdev->mdev_detach);
		take_tracker_apart(mvdev);
		mvdev->log_active = false;
	}
}

int mlx5vf_stop_page_tracker(struct vfio_device *vdev)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);

	mutex_lock(&mvdev->state_mutex);
	if (mvdev->log_active) {
		_mlx5vf_free_page_tracker_resources(mvdev);
		mvdev->log_active = false;
	}
	mlx5vf_state_mutex_unlock(mvdev);
	return 0;
}

/* ---- reading ---- */

enum mlx5vf_cq_poll { CQ_OK, CQ_EMPTY, CQ_POLL_ERR };

static enum mlx5vf_cq_poll mlx5vf_cq_poll_one(struct mlx5_vhca_page_tracker *tracker)
{
	struct mlx5_vhca_cq *cq = &tracker->cq;
	u32 at = cq->mcq.cons_index;
	const struct mlx5_cqe64 *cqe = &cq->ring[at % cq->ncqe];
	u8 op_own = smp_load_acquire(&cqe->op_own);

	if (op_own >> 4 == MLX5_CQE_INVALID || (op_own & MLX5_CQE_OWNER_MASK) != (at / cq->ncqe & 1))
		return CQ_EMPTY;
	cq->mcq.cons_index++;
	if (op_own >> 4 != MLX5_CQE_RESP_SEND_IMM)
		return CQ_POLL_ERR;
	tracker->status = (int)cqe->immediate;
	tracker->host_qp->received++;
	return CQ_OK;
}

/* What comes between the second look and the wait is counted by the completion. */
static enum mlx5vf_cq_poll poll_and_arm(struct mlx5_vhca_page_tracker *tracker)
{
	enum mlx5vf_cq_poll polled = mlx5vf_cq_poll_one(tracker);

	if (polled != CQ_EMPTY)
		return polled;
	mlx5_cq_arm(&tracker->cq.mcq);
	return mlx5vf_cq_poll_one(tracker);
}

/* Until the firmware has reported all, or something has broken. Nobody interrupts the wait. */
static int read_reports(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_vhca_page_tracker *tracker = &mvdev->tracker;
	int err;

	while (tracker->status == MLX5_PAGE_TRACK_STATE_REPORTING && !tracker->is_err) {
		enum mlx5vf_cq_poll polled = poll_and_arm(tracker);

		if (polled == CQ_POLL_ERR)
			return -EIO;
		if (polled == CQ_OK) {
			mlx5_cq_set_ci(&tracker->cq.mcq);
			continue;
		}
		wait_for_completion(&mvdev->tracker_comp);
		if (tracker->object_changed) {
			tracker->object_changed = false;
			err = query_tracker(mvdev);
			if (err)
				return err;
		}
	}
	if (tracker->status == MLX5_PAGE_TRACK_STATE_ERROR)
		tracker->is_err = true;
	return tracker->is_err ? -EIO : 0;
}

int mlx5vf_tracker_read_and_clear(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);
	struct mlx5_vhca_page_tracker *tracker = &mvdev->tracker;
	int err = 0;

	mutex_lock(&mvdev->state_mutex);
	if (!mvdev->log_active)
		err = -EINVAL;
	else if (mvdev->mdev_detach)
		err = -ENOTCONN;
	else if (tracker->is_err)
		err = -EIO;
	if (!err)
		err = modify_tracker(mvdev, iova, length, MLX5_PAGE_TRACK_STATE_REPORTING);
	if (!err) {
		tracker->status = MLX5_PAGE_TRACK_STATE_REPORTING;
		err = read_reports(mvdev);
	}
	mlx5vf_state_mutex_unlock(mvdev);
	return err;
}
