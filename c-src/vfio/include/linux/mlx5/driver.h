/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver of an mlx5 physical function, as far as a driver of its VFs reaches into it. */
#ifndef MLX5_DRIVER_H
#define MLX5_DRIVER_H

#include <linux/mlx5/device.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>

#define MLX5_VFS 8

struct mlx5_core_cq;
struct mlx5_fw;

/* A callback for what comes through the event queues, in interrupt context. */
struct mlx5_nb {
	struct notifier_block nb;
	u8 event_type;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct mlx5_nb) == 32, "mlx5_nb");
#endif

#define MLX5_NB_INIT(name, handler, event)					\
	do {									\
		(name)->nb.notifier_call = (handler);				\
		(name)->event_type = MLX5_EVENT_TYPE_##event;			\
	} while (0)
#define mlx5_nb_cof(ptr, type, member) container_of(container_of(ptr, struct mlx5_nb, nb), type, member)

/* A page through which doorbells are rung; one does for all. */
struct mlx5_uars_page {
	refcount_t ref_count;
};

/* Told of a VF's coming and going, in process context, with intf_state_mutex held. */
enum { MLX5_PF_NOTIFY_DISABLE_VF, MLX5_PF_NOTIFY_ENABLE_VF };

struct mlx5_vf_context {
	int enabled;
	struct blocking_notifier_head notifier;
};

struct mlx5_core_sriov {
	struct mlx5_vf_context vfs_ctx[MLX5_VFS];
	int num_vfs;
};

struct mlx5_eq_table {
	struct atomic_notifier_head nh;
	spinlock_t lock;		/* of the list of CQs */
	struct mlx5_core_cq *cqs;
	u32 running;			/* word: handlers that may be at one of these */
};

enum mlx5_interface_state { MLX5_INTERFACE_STATE_UP = 1 };

struct mlx5_core_dev {
	struct pci_dev *pdev;
	struct {
		u8 migration:1;
		u8 migration_in_chunks:1;
		u8 adv_virtualization:1;
	} caps;
	struct mutex intf_state_mutex;
	unsigned long intf_state;	/* enum mlx5_interface_state; intf_state_mutex */
	struct mlx5_uars_page uar;
	struct mlx5_eq_table eq_table;
	struct mlx5_core_sriov sriov;
	struct mlx5_fw *fw;
};

#define MLX5_CAP_GEN(mdev, cap) ((mdev)->caps.cap)

/* The PF of a VF, with its intf_state_mutex held until it is put; NULL unless it is up. */
struct mlx5_core_dev *mlx5_vf_get_core_dev(struct pci_dev *pdev);
void mlx5_vf_put_core_dev(struct mlx5_core_dev *mdev);

int mlx5_sriov_blocking_notifier_register(struct mlx5_core_dev *mdev, int vf_id, struct notifier_block *nb);
void mlx5_sriov_blocking_notifier_unregister(struct mlx5_core_dev *mdev, int vf_id,
					     struct notifier_block *nb);

int mlx5_eq_notifier_register(struct mlx5_core_dev *mdev, struct mlx5_nb *nb);
int mlx5_eq_notifier_unregister(struct mlx5_core_dev *mdev, struct mlx5_nb *nb);

/* A command, carried out while the caller waits. */
int mlx5_cmd_exec(struct mlx5_core_dev *dev, const struct mlx5_cmd_in *in, struct mlx5_cmd_out *out);

/* One that the caller does not wait for: the callback comes in interrupt context. */
struct mlx5_async_work;
typedef void (*mlx5_async_cbk_t)(int status, struct mlx5_async_work *context);

struct mlx5_async_work {
	mlx5_async_cbk_t user_callback;
};

int mlx5_cmd_exec_cb(struct mlx5_core_dev *dev, const struct mlx5_cmd_in *in, mlx5_async_cbk_t callback,
		     struct mlx5_async_work *work);

struct mlx5_uars_page *mlx5_get_uars_page(struct mlx5_core_dev *mdev);
void mlx5_put_uars_page(struct mlx5_core_dev *mdev, struct mlx5_uars_page *up);
int mlx5_core_alloc_pd(struct mlx5_core_dev *dev, u32 *pdn);
int mlx5_core_dealloc_pd(struct mlx5_core_dev *dev, u32 pdn);

#endif
