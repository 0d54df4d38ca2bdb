// SPDX-License-Identifier: GPL-2.0-only
/* What a VF's driver asks of its PF: whether the VF can migrate, commands about that, news of the PF's going. */
#include <linux/errno.h>

#include "vfio/pci/mlx5/cmd.h"

/* ---- migration state ---- */

/* A PF that is going away, or has gone, takes no more commands about its VFs. */
int mlx5vf_cmd_exec(struct mlx5vf_pci_core_device *mvdev, const struct mlx5_cmd_in *in,
		    struct mlx5_cmd_out *out)
{
	lockdep_assert_held(&mvdev->state_mutex);
	return mvdev->mdev_detach ? -ENOTCONN : mlx5_cmd_exec(mvdev->mdev, in, out);
}

static int exec_on_vhca(struct mlx5vf_pci_core_device *mvdev, enum mlx5_cmd_op opcode, u32 state)
{
	const struct mlx5_cmd_in in = { .opcode = opcode, .vhca_id = mvdev->vhca_id, .state = state };
	struct mlx5_cmd_out out;

	return mlx5vf_cmd_exec(mvdev, &in, &out);
}

int mlx5vf_cmd_suspend_vhca(struct mlx5vf_pci_core_device *mvdev, enum mlx5_vhca_side side)
{
	return exec_on_vhca(mvdev, MLX5_CMD_OP_SUSPEND_VHCA, side);
}

int mlx5vf_cmd_resume_vhca(struct mlx5vf_pci_core_device *mvdev, enum mlx5_vhca_side side)
{
	return exec_on_vhca(mvdev, MLX5_CMD_OP_RESUME_VHCA, side);
}

int mlx5vf_cmd_load_vhca_state(struct mlx5vf_pci_core_device *mvdev)
{
	return exec_on_vhca(mvdev, MLX5_CMD_OP_LOAD_VHCA_STATE, 0);
}

static void save_callback(int status, struct mlx5_async_work *context)
{
	struct mlx5vf_async_data *data = container_of(context, struct mlx5vf_async_data, cb_work);
	struct mlx5_vf_migration_file *migf = container_of(data, struct mlx5_vf_migration_file, async_data);

	data->status = status;
	queue_work(migf->mvdev->cb_wq, &data->work);
}

int mlx5vf_cmd_save_vhca_state(struct mlx5vf_pci_core_device *mvdev, struct mlx5_vf_migration_file *migf)
{
	const struct mlx5_cmd_in in = {
		.opcode = MLX5_CMD_OP_SAVE_VHCA_STATE,
		.vhca_id = mvdev->vhca_id,
	};

	lockdep_assert_held(&mvdev->state_mutex);
	if (mvdev->mdev_detach)
		return -ENOTCONN;
	return mlx5_cmd_exec_cb(mvdev->mdev, &in, save_callback, &migf->async_data.cb_work);
}

/* ---- news of the PF ---- */

static void set_detached(struct mlx5vf_pci_core_device *mvdev, bool detached)
{
	mutex_lock(&mvdev->state_mutex);
	mvdev->mdev_detach = detached;
	mlx5vf_state_mutex_unlock(mvdev);
}

/* What the PF's firmware holds for the VF goes before the PF does. */
static int mlx5fv_vf_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct mlx5vf_pci_core_device *mvdev = container_of(nb, struct mlx5vf_pci_core_device, nb);

	(void)data;
	switch (event) {
	case MLX5_PF_NOTIFY_ENABLE_VF:
		set_detached(mvdev, false);
		break;
	case MLX5_PF_NOTIFY_DISABLE_VF:
		mlx5vf_cmd_close_migratable(mvdev);
		set_detached(mvdev, true);
		break;
	}
	return NOTIFY_DONE;
}

/* ---- what a VF can do, as it is made, closed and released ---- */

/* Of the PF, and then of the VF: its number towards the fabric if it can migrate. */
static int query_vhca_id(struct mlx5vf_pci_core_device *mvdev)
{
	const struct mlx5_cmd_in in = {
		.opcode = MLX5_CMD_OP_QUERY_HCA_CAP,
		.function = (u32)mvdev->vf_id + 1,
	};
	struct mlx5_cmd_out out = { 0 };
	int err = mlx5_cmd_exec(mvdev->mdev, &in, &out);

	if (!err && !out.migratable)
		err = -ENOTCONN;
	if (!err)
		mvdev->vhca_id = (u16)out.vhca_id;
	return err;
}

/* With the PF kept as it is, so that its notifications come after all of this. */
static int mlx5vf_cmd_set_up(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_core_dev *mdev = mvdev->mdev;
	int err;

	if (!MLX5_CAP_GEN(mdev, migration))
		return -EOPNOTSUPP;
	mvdev->vf_id = pci_iov_vf_id(mvdev->core_device.pdev);
	if (mvdev->vf_id < 0)
		return mvdev->vf_id;
	err = query_vhca_id(mvdev);
	if (err)
		return err;
	mvdev->cb_wq = alloc_ordered_workqueue("mlx5vf_wq", 0);
	if (!mvdev->cb_wq)
		return -ENOMEM;

	mutex_init(&mvdev->state_mutex);
	spin_lock_init(&mvdev->reset_lock);
	mvdev->nb.notifier_call = mlx5fv_vf_event;
	err = mlx5_sriov_blocking_notifier_register(mdev, mvdev->vf_id, &mvdev->nb);
	if (err)
		destroy_workqueue(mvdev->cb_wq);
	return err;
}

void mlx5vf_cmd_set_migratable(struct mlx5vf_pci_core_device *mvdev,
			       const struct vfio_migration_ops *mig_ops, const struct vfio_log_ops *log_ops)
{
	struct vfio_device *vdev = &mvdev->core_device.vdev;

	if (!mvdev->core_device.pdev->is_virtfn)
		return;
	mvdev->mdev = mlx5_vf_get_core_dev(mvdev->core_device.pdev);
	if (!mvdev->mdev)
		return;

	if (!mlx5vf_cmd_set_up(mvdev)) {
		mvdev->migrate_cap = 1;
		vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P;
		vdev->mig_ops = mig_ops;
		init_completion(&mvdev->tracker_comp);
		if (MLX5_CAP_GEN(mvdev->mdev, adv_virtualization))
			vdev->log_ops = log_ops;
		if (MLX5_CAP_GEN(mvdev->mdev, migration_in_chunks))
			mvdev->chunk_mode = 1;
	}
	mlx5_vf_put_core_dev(mvdev->mdev);
}

void mlx5vf_cmd_remove_migratable(struct mlx5vf_pci_core_device *mvdev)
{
	if (mvdev->migrate_cap) {
		mlx5_sriov_blocking_notifier_unregister(mvdev->mdev, mvdev->vf_id, &mvdev->nb);
		destroy_workqueue(mvdev->cb_wq);
	}
}

void mlx5vf_cmd_close_migratable(struct mlx5vf_pci_core_device *mvdev)
{
	struct mutex *state = &mvdev->state_mutex;

	if (mvdev->migrate_cap) {
		/* Who waits for a report holds the mutex, and has to hear first that none will come. */
		set_tracker_error(mvdev);

		mutex_lock(state);
		mlx5vf_disable_fds(mvdev);
		_mlx5vf_free_page_tracker_resources(mvdev);
		mlx5vf_state_mutex_unlock(mvdev);
	}
}
