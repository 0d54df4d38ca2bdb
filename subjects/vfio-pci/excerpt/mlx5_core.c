// SPDX-License-Identifier: GPL-2.0-only
/* The driver of an mlx5 physical function: up or down, its virtual functions, commands to its firmware. */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"
#include "mlx5.h"

STUB_FAULT(mlx5_cmd_exec);	/* mlx5_cmd_exec_cb() as well: the firmware has done nothing */

static struct pci_driver mlx5_core_driver = {
	.name = "mlx5_core",
};

/* ---- the function, as probed ---- */

static struct pci_dev *create_pf(void)
{
	struct stub_function *function = kzalloc(sizeof(*function), GFP_KERNEL);
	struct pci_dev *pdev = function ? &function->pdev : NULL;
	struct mlx5_core_dev *mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);

	if (!pdev || !mdev)
		return NULL;
	device_initialize(&pdev->dev);
	pdev->dev.init_name = "mlx5-pf";
	pdev->is_physfn = true;
	pdev->sriov = &function->sriov;
	pdev->driver = &mlx5_core_driver;
	dev_set_drvdata(&pdev->dev, mdev);

	mdev->pdev = pdev;
	mdev->caps.migration = true;
	mdev->caps.migration_in_chunks = true;
	mdev->caps.adv_virtualization = true;
	mutex_init(&mdev->intf_state_mutex);
	mdev->intf_state = MLX5_INTERFACE_STATE_UP;
	refcount_set(&mdev->uar.ref_count, 1);
	spin_lock_init(&mdev->eq_table.lock);
	spin_lock_init(&mdev->eq_table.nh.lock);
	mdev->fw = stub_mlx5_fw_create();
	return mdev->fw ? pdev : NULL;
}

void stub_mlx5_add_vf(struct pci_dev *vf)
{
	static struct pci_dev *pf;
	struct mlx5_core_sriov *sriov;
	struct mlx5_vf_context *ctx;

	if (!pf)
		pf = create_pf();
	if (!pf)
		return;
	sriov = &((struct mlx5_core_dev *)pci_get_drvdata(pf))->sriov;
	ctx = &sriov->vfs_ctx[sriov->num_vfs];
	init_rwsem(&ctx->notifier.rwsem);
	ctx->enabled = 1;

	vf->is_virtfn = true;
	vf->physfn = pf;
	stub_function_of(vf)->vf_id = sriov->num_vfs++;
}

/* ---- virtual functions ---- */

struct mlx5_core_dev *mlx5_vf_get_core_dev(struct pci_dev *pdev)
{
	struct mlx5_core_dev *mdev = pci_iov_get_pf_drvdata(pdev, &mlx5_core_driver);

	if (IS_ERR(mdev))
		return NULL;

	mutex_lock(&mdev->intf_state_mutex);
	if (mdev->intf_state & MLX5_INTERFACE_STATE_UP)
		return mdev;
	mutex_unlock(&mdev->intf_state_mutex);
	return NULL;
}

void mlx5_vf_put_core_dev(struct mlx5_core_dev *mdev)
{
	mutex_unlock(&mdev->intf_state_mutex);
}

int mlx5_sriov_blocking_notifier_register(struct mlx5_core_dev *mdev, int vf_id, struct notifier_block *nb)
{
	if (WARN_ON(vf_id < 0 || vf_id >= mdev->sriov.num_vfs))
		return -EINVAL;
	return blocking_notifier_chain_register(&mdev->sriov.vfs_ctx[vf_id].notifier, nb);
}

void mlx5_sriov_blocking_notifier_unregister(struct mlx5_core_dev *mdev, int vf_id, struct notifier_block *nb)
{
	blocking_notifier_chain_unregister(&mdev->sriov.vfs_ctx[vf_id].notifier, nb);
}

/* A VF's driver is notified before the VF is taken away, and before it is there again. */
static void switch_vf(struct mlx5_core_dev *mdev, int vf_id, bool on)
{
	struct mlx5_vf_context *ctx = &mdev->sriov.vfs_ctx[vf_id];
	struct mlx5_cmd_in in = {
		.opcode = on ? MLX5_CMD_OP_ENABLE_HCA : MLX5_CMD_OP_DISABLE_HCA,
		.function = (u32)vf_id + 1,
	};
	struct mlx5_cmd_out out;

	blocking_notifier_call_chain(&ctx->notifier,
				     on ? MLX5_PF_NOTIFY_ENABLE_VF : MLX5_PF_NOTIFY_DISABLE_VF, NULL);
	mlx5_cmd_exec(mdev, &in, &out);
	ctx->enabled = on;
}

void stub_mlx5_unload(struct pci_dev *vf)
{
	struct mlx5_core_dev *mdev = mlx5_vf_get_core_dev(vf);

	if (!mdev)
		return;
	mdev->intf_state &= ~(unsigned long)MLX5_INTERFACE_STATE_UP;
	for (int i = mdev->sriov.num_vfs; i--;)
		switch_vf(mdev, i, false);
	mlx5_vf_put_core_dev(mdev);
}

void stub_mlx5_load(struct pci_dev *vf)
{
	struct mlx5_core_dev *mdev = pci_get_drvdata(vf->physfn);

	mutex_lock(&mdev->intf_state_mutex);
	if (!(mdev->intf_state & MLX5_INTERFACE_STATE_UP)) {
		for (int i = 0; i < mdev->sriov.num_vfs; i++)
			switch_vf(mdev, i, true);
		mdev->intf_state |= MLX5_INTERFACE_STATE_UP;
	}
	mutex_unlock(&mdev->intf_state_mutex);
}

/* ---- commands ---- */

int mlx5_cmd_exec(struct mlx5_core_dev *dev, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out)
{
	return stub_should_fail(mlx5_cmd_exec) ? -EIO : stub_mlx5_fw_exec(dev->fw, in, out);
}

/* This firmware is so quick that its interrupt may come while the command is still being given. */
int mlx5_cmd_exec_cb(struct mlx5_core_dev *dev, const struct mlx5_cmd_in *in, mlx5_async_cbk_t callback,
		     struct mlx5_async_work *work)
{
	enum stub_context context = current_task->context;
	struct mlx5_cmd_out out;

	if (stub_should_fail(mlx5_cmd_exec))
		return -EIO;
	work->user_callback = callback;
	current_task->context = STUB_IRQ;
	work->user_callback(stub_mlx5_fw_exec(dev->fw, in, &out), work);
	current_task->context = context;
	return 0;
}

struct mlx5_uars_page *mlx5_get_uars_page(struct mlx5_core_dev *mdev)
{
	refcount_inc(&mdev->uar.ref_count);
	return &mdev->uar;
}

/* The PF's driver has one of its own, so that this is never the last one. */
void mlx5_put_uars_page(struct mlx5_core_dev *mdev, struct mlx5_uars_page *up)
{
	(void)mdev;
	if (refcount_dec_and_test(&up->ref_count))
		stub_violation(STUB_REFERENCE_UNDERFLOW, up);
}

int mlx5_core_alloc_pd(struct mlx5_core_dev *dev, u32 *pdn)
{
	const struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_ALLOC_PD };
	struct mlx5_cmd_out out;
	int err = mlx5_cmd_exec(dev, &in, &out);

	if (!err)
		*pdn = out.number;
	return err;
}

int mlx5_core_dealloc_pd(struct mlx5_core_dev *dev, u32 pdn)
{
	const struct mlx5_cmd_in in = { .opcode = MLX5_CMD_OP_DEALLOC_PD, .number = pdn };
	struct mlx5_cmd_out out;

	return mlx5_cmd_exec(dev, &in, &out);
}
