/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of mlx5-vfio-pci share. */
#ifndef MLX5_VFIO_CMD_H
#define MLX5_VFIO_CMD_H

#include <linux/completion.h>
#include <linux/mlx5/cq.h>
#include <linux/mlx5/driver.h>
#include <linux/vfio_pci_core.h>
#include <linux/workqueue.h>

struct mlx5vf_pci_core_device;

enum mlx5_vf_migf_state {
	MLX5_MIGF_STATE_ERROR = 1,		/* nothing more goes through it */
	MLX5_MIGF_STATE_COMPLETE,		/* all of the device's state is there */
};

struct mlx5vf_async_data {
	struct mlx5_async_work cb_work;
	struct work_struct work;
	int status;
};

/* A file that a user reads a device's state from, or writes it to. */
struct mlx5_vf_migration_file {
	struct file *filp;
	struct mutex lock;			/* of the state */
	enum mlx5_vf_migf_state state;
	struct mlx5vf_async_data async_data;
	struct mlx5vf_pci_core_device *mvdev;
};

struct mlx5_vhca_cq {
	struct mlx5_core_cq mcq;
	struct mlx5_db db;
	struct mlx5_cqe64 *ring;
	u32 ncqe;
#if __SIZEOF_POINTER__ == 8
	u8 kernel_has_more[208];
#endif
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct mlx5_vhca_cq) == 280, "mlx5_vhca_cq");
#endif

struct mlx5_vhca_qp {
	u32 qpn;
	u32 tracked_page_size;
	u32 received;
};

struct mlx5_vhca_page_tracker {
	u32 id;
	u32 pdn;
	u8 is_err:1;
	u8 object_changed:1;
	struct mlx5_uars_page *uar;
	struct mlx5_vhca_cq cq;
	struct mlx5_vhca_qp *host_qp;
	struct mlx5_vhca_qp *fw_qp;
	struct mlx5_nb nb;
	int status;
};

struct mlx5vf_pci_core_device {
	struct vfio_pci_core_device core_device;
	int vf_id;
	u16 vhca_id;
	u8 migrate_cap:1;
	u8 deferred_reset:1;
	u8 mdev_detach:1;
	u8 log_active:1;
	u8 chunk_mode:1;
	struct completion tracker_comp;
	struct mutex state_mutex;		/* of the migration state, and commands about it */
	enum vfio_device_mig_state mig_state;
	spinlock_t reset_lock;			/* of a reset meeting a holder of state_mutex */
	struct mlx5_vf_migration_file *resuming_migf;
	struct mlx5_vf_migration_file *saving_migf;
	struct mlx5_vhca_page_tracker tracker;
	struct workqueue_struct *cb_wq;
	struct notifier_block nb;
	struct mlx5_core_dev *mdev;
};

/* main.c */
void mlx5vf_disable_fds(struct mlx5vf_pci_core_device *mvdev);
/* The one way to give the mutex back: a reset that has come meanwhile is the holder's to deal with. */
void mlx5vf_state_mutex_unlock(struct mlx5vf_pci_core_device *mvdev);

/* cmd.c */
int mlx5vf_cmd_exec(struct mlx5vf_pci_core_device *mvdev, const struct mlx5_cmd_in *in,
		    struct mlx5_cmd_out *out);
void mlx5vf_cmd_set_migratable(struct mlx5vf_pci_core_device *mvdev,
			       const struct vfio_migration_ops *mig_ops, const struct vfio_log_ops *log_ops);
void mlx5vf_cmd_remove_migratable(struct mlx5vf_pci_core_device *mvdev);
void mlx5vf_cmd_close_migratable(struct mlx5vf_pci_core_device *mvdev);
int mlx5vf_cmd_suspend_vhca(struct mlx5vf_pci_core_device *mvdev, enum mlx5_vhca_side side);
int mlx5vf_cmd_resume_vhca(struct mlx5vf_pci_core_device *mvdev, enum mlx5_vhca_side side);
int mlx5vf_cmd_save_vhca_state(struct mlx5vf_pci_core_device *mvdev, struct mlx5_vf_migration_file *migf);
int mlx5vf_cmd_load_vhca_state(struct mlx5vf_pci_core_device *mvdev);

/* tracker.c */
void set_tracker_error(struct mlx5vf_pci_core_device *mvdev);
void _mlx5vf_free_page_tracker_resources(struct mlx5vf_pci_core_device *mvdev);
int mlx5vf_start_page_tracker(struct vfio_device *vdev,
			      const struct vfio_device_feature_dma_logging_range *ranges, u32 nnodes,
			      u64 *page_size);
int mlx5vf_stop_page_tracker(struct vfio_device *vdev);
int mlx5vf_tracker_read_and_clear(struct vfio_device *vdev, u64 iova, u64 length);

#endif
