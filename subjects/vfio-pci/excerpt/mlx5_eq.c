// SPDX-License-Identifier: GPL-2.0-only
/* The event queues of an mlx5 adapter: interrupts, and the callbacks for their events. */
#include <linux/errno.h>

#include "kernel/stub.h"
#include "mlx5.h"

/* Everybody here asks for all events, so that there is one chain. */
int mlx5_eq_notifier_register(struct mlx5_core_dev *mdev, struct mlx5_nb *nb)
{
	return atomic_notifier_chain_register(&mdev->eq_table.nh, &nb->nb);
}

int mlx5_eq_notifier_unregister(struct mlx5_core_dev *mdev, struct mlx5_nb *nb)
{
	return atomic_notifier_chain_unregister(&mdev->eq_table.nh, &nb->nb);
}

/* ---- completion queues ---- */

int mlx5_core_create_cq(struct mlx5_core_dev *dev, struct mlx5_core_cq *cq, const struct mlx5_cmd_in *in)
{
	struct mlx5_eq_table *table = &dev->eq_table;
	struct mlx5_cmd_out out;
	int err = mlx5_cmd_exec(dev, in, &out);
	unsigned long flags;

	if (err)
		return err;
	cq->cqn = out.number;
	cq->db = in->db;
	cq->cons_index = 0;

	spin_lock_irqsave(&table->lock, flags);
	cq->next = table->cqs;
	table->cqs = cq;
	spin_unlock_irqrestore(&table->lock, flags);
	return 0;
}

static void forget(struct mlx5_eq_table *table, const struct mlx5_core_cq *cq)
{
	struct mlx5_core_cq **at = &table->cqs;
	unsigned long flags;

	spin_lock_irqsave(&table->lock, flags);
	while (*at && *at != cq)
		at = &(*at)->next;
	if (*at)
		*at = cq->next;
	spin_unlock_irqrestore(&table->lock, flags);

	/* A handler may have found it before. */
	stub_acquire(&table->running, STUB_STATE, 0);
}

int mlx5_core_destroy_cq(struct mlx5_core_dev *dev, struct mlx5_core_cq *cq)
{
	const struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_DESTROY_CQ, .number = cq->cqn };
	struct mlx5_cmd_out out;

	forget(&dev->eq_table, cq);
	return mlx5_cmd_exec(dev, &in, &out);
}

static struct mlx5_core_cq *find_cq(struct mlx5_eq_table *table, u32 cqn)
{
	struct mlx5_core_cq *cq;
	unsigned long flags;

	spin_lock_irqsave(&table->lock, flags);
	for (cq = table->cqs; cq && cq->cqn != cqn;)
		cq = cq->next;
	spin_unlock_irqrestore(&table->lock, flags);
	return cq;
}

/* ---- interrupts ---- */

static void cq_interrupt(struct mlx5_core_dev *mdev, struct mlx5_eqe *eqe)
{
	struct mlx5_eq_table *table = &mdev->eq_table;
	struct mlx5_core_cq *cq;

	stub_acquire(&table->running, 0, 1);
	cq = find_cq(table, eqe->number);
	if (cq && eqe->type == MLX5_EVENT_TYPE_CQ_ERROR)
		cq->event(cq, eqe->type);
	else if (cq)
		cq->comp(cq, eqe);
	stub_release(&table->running, 1);
}

static void interrupt(struct mlx5_core_dev *mdev, enum stub_mlx5_event what,
		      const struct stub_mlx5_tracker *of)
{
	struct mlx5_eqe eqe = { MLX5_EVENT_TYPE_NOTIFY_ANY, of->cqn };

	switch (what) {
	case STUB_MLX5_QP_ERROR:
		eqe = (struct mlx5_eqe){ MLX5_EVENT_TYPE_WQ_CATAS_ERROR, of->qpn };
		break;
	case STUB_MLX5_OBJECT_CHANGE:
		eqe = (struct mlx5_eqe){ MLX5_EVENT_TYPE_OBJECT_CHANGE, of->tracker };
		break;
	case STUB_MLX5_CQ_ERROR:
		eqe.type = MLX5_EVENT_TYPE_CQ_ERROR;
		cq_interrupt(mdev, &eqe);
		return;
	default:
		if (stub_mlx5_fw_report(mdev->fw, of))
			cq_interrupt(mdev, &eqe);
		return;
	}
	atomic_notifier_call_chain(&mdev->eq_table.nh, eqe.type, &eqe);
}

int stub_mlx5_event(struct pci_dev *vf, enum stub_mlx5_event what)
{
	struct mlx5_core_dev *mdev = pci_get_drvdata(vf->physfn);
	struct stub_mlx5_tracker of = stub_mlx5_fw_tracker(mdev->fw, stub_mlx5_vhca_id(pci_iov_vf_id(vf)));
	enum stub_context context = current_task->context;

	if (!of.tracker)
		return -ENOENT;
	current_task->context = STUB_IRQ;
	interrupt(mdev, what, &of);
	current_task->context = context;
	return 0;
}
