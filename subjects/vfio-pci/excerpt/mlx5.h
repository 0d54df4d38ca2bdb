/* SPDX-License-Identifier: GPL-2.0-only */
/* An mlx5 adapter as ops move it. All of a machine's VFs are of one PF, which no slot shows. */
#ifndef VFIO_PCI_MLX5_H
#define VFIO_PCI_MLX5_H

#include <linux/mlx5/cq.h>
#include <linux/mlx5/driver.h>

struct mlx5_cmd_in;
struct mlx5_cmd_out;

/* Makes the function the next VF of the machine's PF, which is made with the first of them. */
void stub_mlx5_add_vf(struct pci_dev *vf);

/* The PF's driver goes down or comes up again, and its VFs with it. */
void stub_mlx5_unload(struct pci_dev *vf);
void stub_mlx5_load(struct pci_dev *vf);

enum stub_mlx5_event {
	STUB_MLX5_QP_ERROR,		/* the queue pair that its page tracker reports through has broken */
	STUB_MLX5_CQ_ERROR,		/* ... the completion queue behind that */
	STUB_MLX5_OBJECT_CHANGE,	/* its page tracker has changed, and should be asked */
	STUB_MLX5_CQ_COMPLETION,	/* ... has reported all there was to report */
	STUB_MLX5_EVENTS
};

/* The adapter raises its interrupt. -ENOENT unless the VF has a page tracker. */
int stub_mlx5_event(struct pci_dev *vf, enum stub_mlx5_event what);

/* mlx5_fw.c: the firmware */
struct mlx5_fw *stub_mlx5_fw_create(void);
int stub_mlx5_fw_exec(struct mlx5_fw *fw, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out);

/* What the firmware has for a VF's pages to be tracked; 0 where there is nothing. */
struct stub_mlx5_tracker {
	u32 tracker, qpn, cqn;
};

struct stub_mlx5_tracker stub_mlx5_fw_tracker(struct mlx5_fw *fw, u32 vhca_id);
/* Ends the tracker's report with a completion. Returns whether that is to interrupt. */
bool stub_mlx5_fw_report(struct mlx5_fw *fw, const struct stub_mlx5_tracker *of);

/* A function's number towards the fabric. */
static inline u32 stub_mlx5_vhca_id(int vf_id)
{
	return 0x100 + (u32)vf_id;
}

#endif
