// SPDX-License-Identifier: GPL-2.0-only
/* Ops on devices that can be moved to another machine, and on the adapter behind a virtual function. */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/vfio.h>

#include "kernel/mlx5.h"
#include "lab/lab.h"

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

static s64 do_feature(struct lab_instance *instance, const struct lab_step *step, struct feature *feature,
		      u32 flags)
{
	feature->argsz = sizeof(*feature);
	feature->flags = flags;
	return lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_FEATURE, feature);
}

/* A user who looks at no data closes the file at once. */
s64 lab_mig_state_set(struct lab_instance *instance, const struct lab_step *step)
{
	struct feature feature = { .mig = { .device_state = step->arg[0], .data_fd = -1 } };
	s64 ret = do_feature(instance, step, &feature,
			     VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);

	if (!ret && feature.mig.data_fd >= 0)
		fput(stub_object((u32)feature.mig.data_fd));
	return ret;
}

s64 lab_mig_state_get(struct lab_instance *instance, const struct lab_step *step)
{
	struct feature feature = { .mig = { .data_fd = -1 } };
	s64 ret = do_feature(instance, step, &feature,
			     VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE);

	return ret ? ret : feature.mig.device_state;
}

static const struct vfio_device_feature_dma_logging_range logged = { .iova = 0, .length = 1 << 20 };

#define LOGGED_PAGE 4096

s64 lab_log_start(struct lab_instance *instance, const struct lab_step *step)
{
	struct feature feature = {
		.control = {
			.page_size = LOGGED_PAGE, .num_ranges = 1, .ranges = (uintptr_t)&logged,
		},
	};

	return do_feature(instance, step, &feature,
			  VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START);
}

s64 lab_log_stop(struct lab_instance *instance, const struct lab_step *step)
{
	struct feature feature = { 0 };

	return do_feature(instance, step, &feature,
			  VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
}

s64 lab_log_read_and_clear(struct lab_instance *instance, const struct lab_step *step)
{
	struct feature feature = {
		.report = { .iova = logged.iova, .length = logged.length, .page_size = LOGGED_PAGE },
	};

	return do_feature(instance, step, &feature,
			  VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT);
}

/* ---- the adapter, and its driver ---- */

static struct pci_dev *vf_of(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	return device && device->pdev->physfn ? device->pdev : NULL;
}

s64 lab_disable_vf(struct lab_instance *instance, const struct lab_step *step)
{
	struct pci_dev *vf = vf_of(instance, step);

	if (!vf)
		return -EINVAL;
	stub_mlx5_unload(vf);
	return 0;
}

s64 lab_enable_vf(struct lab_instance *instance, const struct lab_step *step)
{
	struct pci_dev *vf = vf_of(instance, step);

	if (!vf)
		return -EINVAL;
	stub_mlx5_load(vf);
	return 0;
}

s64 lab_eq_event(struct lab_instance *instance, const struct lab_step *step)
{
	struct pci_dev *vf = vf_of(instance, step);

	if (!vf || step->arg[0] >= STUB_MLX5_EVENTS)
		return -EINVAL;
	return stub_mlx5_event(vf, (enum stub_mlx5_event)step->arg[0]);
}

s64 lab_work(struct lab_instance *instance, const struct lab_step *step)
{
	(void)instance;
	(void)step;
	return stub_work();
}
