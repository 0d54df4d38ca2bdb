// SPDX-License-Identifier: GPL-2.0-only
/*
 * The variant driver for VFs of mlx5 adapters: vfio-pci-core, and moving a VF to another machine with its PF's
 * help. A reset takes the VF out of whatever it was moved to; it must not wait for state_mutex, whose holder
 * may wait for locks that whoever resets holds.
 */
#include <linux/anon_inodes.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/file.h>

#define KBUILD_MODNAME mlx5_vfio_pci
#include <linux/module.h>

#include "vfio/pci/mlx5/cmd.h"

MODULE_LICENSE("GPL");

static struct mlx5vf_pci_core_device *to_mlx5vf(struct vfio_device *vdev)
{
	return container_of(vdev, struct mlx5vf_pci_core_device, core_device.vdev);
}

static struct mlx5vf_pci_core_device *mlx5vf_drvdata(struct pci_dev *pdev)
{
	return container_of(pci_get_drvdata(pdev), struct mlx5vf_pci_core_device, core_device);
}

/* ---- files of migration data ---- */

static void mlx5vf_disable_fd(struct mlx5_vf_migration_file *migf)
{
	mutex_lock(&migf->lock);
	migf->state = MLX5_MIGF_STATE_ERROR;
	mutex_unlock(&migf->lock);
}

/* In process context, as the lock needs it. */
static void mlx5vf_mig_file_cleanup_cb(struct work_struct *work)
{
	struct mlx5_vf_migration_file *migf =
		container_of(work, struct mlx5_vf_migration_file, async_data.work);

	mutex_lock(&migf->lock);
	migf->state = migf->async_data.status ? MLX5_MIGF_STATE_ERROR : MLX5_MIGF_STATE_COMPLETE;
	mutex_unlock(&migf->lock);
}

static int mlx5vf_release_file(struct inode *inode, struct file *filp)
{
	struct mlx5_vf_migration_file *migf = filp->private_data;

	(void)inode;
	mlx5vf_disable_fd(migf);
	kfree(migf);
	return 0;
}

static const struct file_operations mlx5vf_fops = {
	.release = mlx5vf_release_file,
};

static struct mlx5_vf_migration_file *new_file(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_vf_migration_file *migf = kzalloc(sizeof(*migf), GFP_KERNEL_ACCOUNT);
	struct file *filp;

	if (!migf)
		return ERR_PTR(-ENOMEM);
	filp = anon_inode_getfile("mlx5vf_mig", &mlx5vf_fops, migf, O_RDWR);
	if (IS_ERR(filp)) {
		kfree(migf);
		return ERR_PTR(PTR_ERR(filp));
	}
	migf->filp = filp;
	migf->mvdev = mvdev;
	mutex_init(&migf->lock);
	INIT_WORK(&migf->async_data.work, mlx5vf_mig_file_cleanup_cb);
	return migf;
}

static void give_up_file(struct mlx5_vf_migration_file **migf)
{
	mlx5vf_disable_fd(*migf);
	fput((*migf)->filp);
	*migf = NULL;
}

/* Nothing goes through a user's files from here on. */
void mlx5vf_disable_fds(struct mlx5vf_pci_core_device *mvdev)
{
	lockdep_assert_held(&mvdev->state_mutex);
	if (mvdev->resuming_migf)
		give_up_file(&mvdev->resuming_migf);
	if (mvdev->saving_migf) {
		cancel_work_sync(&mvdev->saving_migf->async_data.work);
		give_up_file(&mvdev->saving_migf);
	}
}

/* ---- the migration state ---- */

/* Takes the mark of a reset away. Where there is none, reset_lock is still held: none can come. */
static bool take_deferred_reset(struct mlx5vf_pci_core_device *mvdev)
{
	bool marked;

	spin_lock(&mvdev->reset_lock);
	marked = mvdev->deferred_reset;
	if (marked) {
		mvdev->deferred_reset = false;
		spin_unlock(&mvdev->reset_lock);
	}
	return marked;
}

void mlx5vf_state_mutex_unlock(struct mlx5vf_pci_core_device *mvdev)
{
	while (take_deferred_reset(mvdev)) {
		mvdev->mig_state = VFIO_DEVICE_STATE_RUNNING;
		mlx5vf_disable_fds(mvdev);
	}
	/* In this order, or a reset between the two would find the mutex taken and nobody to see it. */
	mutex_unlock(&mvdev->state_mutex);
	spin_unlock(&mvdev->reset_lock);
}

static struct file *start_saving(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_vf_migration_file *migf = new_file(mvdev);
	int err;

	if (IS_ERR(migf))
		return ERR_PTR(PTR_ERR(migf));
	err = mlx5vf_cmd_save_vhca_state(mvdev, migf);
	if (err) {
		fput(migf->filp);
		return ERR_PTR(err);
	}
	mvdev->saving_migf = migf;
	return get_file(migf->filp);
}

static struct file *start_resuming(struct mlx5vf_pci_core_device *mvdev)
{
	struct mlx5_vf_migration_file *migf = new_file(mvdev);

	if (IS_ERR(migf))
		return ERR_PTR(PTR_ERR(migf));
	mvdev->resuming_migf = migf;
	return get_file(migf->filp);
}

static struct file *finish_files(struct mlx5vf_pci_core_device *mvdev)
{
	int err = mvdev->resuming_migf ? mlx5vf_cmd_load_vhca_state(mvdev) : 0;

	if (err)
		return ERR_PTR(err);
	mlx5vf_disable_fds(mvdev);
	return NULL;
}

/* One step. With a second reference on a file that is for the user. */
static struct file *mlx5vf_pci_step_device_state_locked(struct mlx5vf_pci_core_device *mvdev,
							enum vfio_device_mig_state new)
{
	enum vfio_device_mig_state cur = mvdev->mig_state;
	int err = -EINVAL;

	if (cur == VFIO_DEVICE_STATE_STOP && new == VFIO_DEVICE_STATE_STOP_COPY)
		return start_saving(mvdev);
	if (cur == VFIO_DEVICE_STATE_STOP && new == VFIO_DEVICE_STATE_RESUMING)
		return start_resuming(mvdev);
	if (cur == VFIO_DEVICE_STATE_STOP_COPY || cur == VFIO_DEVICE_STATE_RESUMING)
		return finish_files(mvdev);

	if (cur == VFIO_DEVICE_STATE_RUNNING && new == VFIO_DEVICE_STATE_RUNNING_P2P)
		err = mlx5vf_cmd_suspend_vhca(mvdev, MLX5_VHCA_INITIATOR);
	else if (cur == VFIO_DEVICE_STATE_RUNNING_P2P && new == VFIO_DEVICE_STATE_STOP)
		err = mlx5vf_cmd_suspend_vhca(mvdev, MLX5_VHCA_RESPONDER);
	else if (cur == VFIO_DEVICE_STATE_STOP && new == VFIO_DEVICE_STATE_RUNNING_P2P)
		err = mlx5vf_cmd_resume_vhca(mvdev, MLX5_VHCA_RESPONDER);
	else if (cur == VFIO_DEVICE_STATE_RUNNING_P2P && new == VFIO_DEVICE_STATE_RUNNING)
		err = mlx5vf_cmd_resume_vhca(mvdev, MLX5_VHCA_INITIATOR);
	return err ? ERR_PTR(err) : NULL;
}

static struct file *mlx5vf_pci_set_device_state(struct vfio_device *vdev, enum vfio_device_mig_state new)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);
	enum vfio_device_mig_state next;
	struct file *res = NULL;

	mutex_lock(&mvdev->state_mutex);
	while (!IS_ERR(res) && mvdev->mig_state != new) {
		int err = vfio_mig_get_next_state(vdev, mvdev->mig_state, new, &next);

		res = err ? ERR_PTR(err) : mlx5vf_pci_step_device_state_locked(mvdev, next);
		if (!IS_ERR(res))
			mvdev->mig_state = next;
	}
	mlx5vf_state_mutex_unlock(mvdev);
	return res;
}

static int mlx5vf_pci_get_device_state(struct vfio_device *vdev, enum vfio_device_mig_state *curr)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);

	mutex_lock(&mvdev->state_mutex);
	*curr = mvdev->mig_state;
	mlx5vf_state_mutex_unlock(mvdev);
	return 0;
}

/* Leaves the mark of a reset; says whether state_mutex was free, and so is the caller's now. */
static bool defer_reset(struct mlx5vf_pci_core_device *mvdev)
{
	bool ours;

	spin_lock(&mvdev->reset_lock);
	mvdev->deferred_reset = true;
	ours = mutex_trylock(&mvdev->state_mutex);
	spin_unlock(&mvdev->reset_lock);
	return ours;
}

/* Whoever holds the mutex sees the mark when it gives it back; if nobody does, it is for us to see. */
static void mlx5vf_pci_aer_reset_done(struct pci_dev *pdev)
{
	struct mlx5vf_pci_core_device *mvdev = mlx5vf_drvdata(pdev);

	if (mvdev->migrate_cap && defer_reset(mvdev))
		mlx5vf_state_mutex_unlock(mvdev);
}

/* ---- devices ---- */

static const struct vfio_log_ops mlx5vf_pci_log_ops = {
	.log_read_and_clear = mlx5vf_tracker_read_and_clear,
	.log_stop = mlx5vf_stop_page_tracker,
	.log_start = mlx5vf_start_page_tracker,
};

static const struct vfio_migration_ops mlx5vf_pci_mig_ops = {
	.migration_get_state = mlx5vf_pci_get_device_state,
	.migration_set_state = mlx5vf_pci_set_device_state,
};

static int mlx5vf_pci_open_device(struct vfio_device *vdev)
{
	struct mlx5vf_pci_core_device *mvdev = to_mlx5vf(vdev);
	int ret = vfio_pci_core_enable(&mvdev->core_device);

	if (ret)
		return ret;
	if (mvdev->migrate_cap)
		mvdev->mig_state = VFIO_DEVICE_STATE_RUNNING;
	vfio_pci_core_finish_enable(&mvdev->core_device);
	return 0;
}

static void mlx5vf_pci_close_device(struct vfio_device *vdev)
{
	mlx5vf_cmd_close_migratable(to_mlx5vf(vdev));
	vfio_pci_core_close_device(vdev);
}

static int mlx5vf_pci_init_dev(struct vfio_device *vdev)
{
	int ret = vfio_pci_core_init_dev(vdev);

	if (!ret)
		mlx5vf_cmd_set_migratable(to_mlx5vf(vdev), &mlx5vf_pci_mig_ops, &mlx5vf_pci_log_ops);
	return ret;
}

static void mlx5vf_pci_release_dev(struct vfio_device *vdev)
{
	mlx5vf_cmd_remove_migratable(to_mlx5vf(vdev));
	vfio_pci_core_release_dev(vdev);
}

static const struct vfio_device_ops mlx5vf_pci_ops = {
	.open_device = mlx5vf_pci_open_device,
	.close_device = mlx5vf_pci_close_device,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.device_feature = vfio_pci_core_ioctl_feature,
	.ioctl = vfio_pci_core_ioctl,
	.request = vfio_pci_core_request,
	.release = mlx5vf_pci_release_dev,
	.init = mlx5vf_pci_init_dev,
	.name = "mlx5-vfio-pci",
};

/* The core takes the driver's data for its own device, which comes first in ours. */
static int mlx5vf_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mlx5vf_pci_core_device *mvdev;
	int ret;

	(void)id;
	mvdev = vfio_alloc_device(mlx5vf_pci_core_device, core_device.vdev, &pdev->dev, &mlx5vf_pci_ops);
	if (IS_ERR(mvdev))
		return (int)PTR_ERR(mvdev);

	dev_set_drvdata(&pdev->dev, &mvdev->core_device);
	ret = vfio_pci_core_register_device(&mvdev->core_device);
	if (ret)
		vfio_put_device(&mvdev->core_device.vdev);
	return ret;
}

static void mlx5vf_pci_remove(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *core = &mlx5vf_drvdata(pdev)->core_device;

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id mlx5vf_pci_table[] = {
	{ 0x15b3, 0x101e },
};

static const struct pci_error_handlers mlx5vf_err_handlers = {
	.reset_done = mlx5vf_pci_aer_reset_done,
	.error_detected = vfio_pci_core_aer_err_detected,
};

static struct pci_driver mlx5vf_pci_driver = {
	.name = "mlx5-vfio-pci",
	.id_table = mlx5vf_pci_table,
	.probe = mlx5vf_pci_probe,
	.remove = mlx5vf_pci_remove,
	.err_handler = &mlx5vf_err_handlers,
};

static int __init mlx5vf_init(void)
{
	return pci_register_driver(&mlx5vf_pci_driver);
}
module_init(mlx5vf_init);

static void __exit mlx5vf_exit(void)
{
	pci_unregister_driver(&mlx5vf_pci_driver);
}
module_exit(mlx5vf_exit);
