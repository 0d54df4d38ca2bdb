// SPDX-License-Identifier: GPL-2.0-only
/* Ops on devices that can be moved to another machine, and on the adapter behind a virtual function. */
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/vfio.h>

#include "lab/op.h"
#include "../ops/slots.h"
#include "mlx5.h"

/* ---- the user ---- */

/* What VFIO_DEVICE_FEATURE takes: a header, and what belongs to the feature behind it. */
struct feature {
	u32 argsz;
	u32 flags;
	union {
		struct vfio_device_feature_mig_state mig;
		struct vfio_device_feature_dma_logging_control control;
		struct vfio_device_feature_dma_logging_report report;
	};
};

static s64 do_feature(u32 device, struct feature *feature, u32 flags)
{
	feature->argsz = sizeof(*feature);
	feature->flags = flags;
	return slot_ioctl(slot_of(device), VFIO_DEVICE_FEATURE, feature);
}

/* A user who looks at no data closes the file at once. */
LAB_OP(mig_state_set, u32 device, enum vfio_device_mig_state state)
{
	struct feature feature = { .mig = { .device_state = state, .data_fd = -1 } };
	s64 ret = do_feature(device, &feature,
			     VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);

	if (!ret && feature.mig.data_fd >= 0)
		stub_close(feature.mig.data_fd);
	return ret;
}

LAB_OP(mig_state_get, u32 device)
{
	struct feature feature = { .mig = { .data_fd = -1 } };
	s64 ret = do_feature(device, &feature,
			     VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);

	return ret ? ret : feature.mig.device_state;
}

static const struct vfio_device_feature_dma_logging_range logged = { .iova = 0, .length = 1 << 20 };

#define LOGGED_PAGE 4096

/* The device logs which pages it writes. */
LAB_OP(log_start, u32 device)
{
	struct feature feature = {
		.control = {
			.page_size = LOGGED_PAGE, .num_ranges = 1, .ranges = (uintptr_t)&logged,
		},
	};

	return do_feature(device, &feature,
			  VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START);
}

LAB_OP(log_stop, u32 device)
{
	struct feature feature = { 0 };

	return do_feature(device, &feature,
			  VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
}

/* Waits until the device has reported them. */
LAB_OP(log_read_and_clear, u32 device)
{
	struct feature feature = {
		.report = { .iova = logged.iova, .length = logged.length, .page_size = LOGGED_PAGE },
	};

	return do_feature(device, &feature,
			  VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT);
}

/* ---- the adapter, and its driver ---- */

static struct pci_dev *vf_of(u32 device)
{
	struct slot *slot = slot_of(device);

	/* A physical function has something else in that place. */
	return slot && slot->pdev->is_virtfn && slot->pdev->physfn ? slot->pdev : NULL;
}

/* Its PF's driver goes down. */
LAB_OP(disable_vf, u32 device)
{
	struct pci_dev *vf = vf_of(device);

	if (!vf)
		return -EINVAL;
	stub_mlx5_unload(vf);
	return 0;
}

/* ... and comes up again. */
LAB_OP(enable_vf, u32 device)
{
	struct pci_dev *vf = vf_of(device);

	if (!vf)
		return -EINVAL;
	stub_mlx5_load(vf);
	return 0;
}

/* Its adapter interrupts. */
LAB_OP(eq_event, u32 device, enum stub_mlx5_event event)
{
	struct pci_dev *vf = vf_of(device);

	if (!vf || event >= STUB_MLX5_EVENTS)
		return -EINVAL;
	return stub_mlx5_event(vf, event);
}
