// SPDX-License-Identifier: GPL-2.0-only
/* What a step can do, one function an op: what a user, the system or the device does to the kernel. */
#include <linux/err.h>
#include <linux/vfio_pci_core.h>

#include "kernel/vgaarb.h"
#include "lab/lab.h"
#include "vfio/vfio.h"

struct lab_device *lab_device_of(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device;

	if (step->device >= LAB_DEVICES)
		return NULL;
	device = &instance->device[step->device];
	return device->pdev ? device : NULL;
}

/* ---- the system ---- */

static s64 op_config_block(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device)
		return -ENODEV;
	if (__atomic_exchange_n(&device->user->blocked, 1, __ATOMIC_SEQ_CST))
		return -EBUSY;
	pci_cfg_access_lock(device->pdev);
	return 0;
}

static s64 op_config_unblock(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device)
		return -ENODEV;
	if (!__atomic_exchange_n(&device->user->blocked, 0, __ATOMIC_SEQ_CST))
		return -EINVAL;
	pci_cfg_access_unlock(device->pdev);
	return 0;
}

static s64 op_pm_work(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	return device ? stub_pm_work(&device->pdev->dev) : -ENODEV;
}

/* ---- the user's descriptor ---- */

static bool change_fd(struct lab_device *device, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&device->user->fd, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* A task that uses a descriptor holds its file, so that a close meanwhile takes effect when that is over. */
static struct file *use_file(struct lab_device *device)
{
	if (!device || __atomic_load_n(&device->user->fd, __ATOMIC_SEQ_CST) != LAB_FD_OPEN)
		return NULL;
	return atomic_add_unless(&device->user->file.f_count, 1, 0) ? &device->user->file : NULL;
}

static void put_file(struct lab_device *device)
{
	if (atomic_dec_return(&device->user->file.f_count))
		return;
	vfio_device_fops.release(NULL, &device->user->file);
	change_fd(device, LAB_FD_BUSY, LAB_FD_FREE);
}

/* The registered device with a reference on that, or NULL. */
static struct vfio_device *get_registered(struct pci_dev *pdev)
{
	struct vfio_pci_core_device *vdev;
	struct vfio_device *device = NULL;

	device_lock(&pdev->dev);
	vdev = dev_get_drvdata(&pdev->dev);
	if (vdev && vfio_device_try_get_registration(&vdev->vdev))
		device = &vdev->vdev;
	device_unlock(&pdev->dev);
	return device;
}

static int open_file(struct pci_dev *pdev, struct file *file)
{
	struct vfio_device *device = get_registered(pdev);
	struct vfio_device_file *df;
	int ret;

	if (!device)
		return -ENODEV;

	df = vfio_allocate_device_file(device);
	ret = (int)(IS_ERR(df) ? PTR_ERR(df) : 0);
	if (!ret) {
		mutex_lock(&device->dev_set->lock);
		ret = vfio_df_open(df);
		mutex_unlock(&device->dev_set->lock);
		if (ret)
			kfree(df);
	}
	if (ret) {
		vfio_device_put_registration(device);
		return ret;
	}
	file->private_data = df;
	atomic_set(&file->f_count, 1);
	return 0;
}

static s64 op_open(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);
	int ret;

	if (!device)
		return -ENODEV;
	if (!change_fd(device, LAB_FD_FREE, LAB_FD_BUSY))
		return -EBUSY;
	ret = open_file(device->pdev, &device->user->file);
	change_fd(device, LAB_FD_BUSY, ret ? LAB_FD_FREE : LAB_FD_OPEN);
	return ret;
}

static s64 op_close(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device)
		return -ENODEV;
	if (!change_fd(device, LAB_FD_OPEN, LAB_FD_BUSY))
		return -EBADF;
	put_file(device);
	return 0;
}

/* ---- what goes through it ---- */

s64 lab_region_rw(struct lab_device *device, u32 region, u32 offset, u32 bytes, u32 *val, bool write)
{
	loff_t pos = VFIO_PCI_INDEX_TO_OFFSET((u64)region) + offset;
	struct file *file;
	ssize_t done;

	if (!device)
		return -ENODEV;
	/* What no file offset can hold, and what does not fit an op. */
	if (region >= 1u << 23 || bytes > sizeof(*val))
		return -EINVAL;
	file = use_file(device);
	if (!file)
		return -EBADF;
	done = write ? vfio_device_fops.write(file, (char *)val, bytes, &pos) :
		       vfio_device_fops.read(file, (char *)val, bytes, &pos);
	put_file(device);
	return done < 0 ? done : 0;
}

static s64 config_rw(struct lab_device *device, u32 offset, u32 bytes, u32 *val, bool write)
{
	return lab_region_rw(device, VFIO_PCI_CONFIG_REGION_INDEX, offset, bytes, val, write);
}

static s64 op_config_read(struct lab_instance *instance, const struct lab_step *step)
{
	u32 val = 0;
	s64 ret = config_rw(lab_device_of(instance, step), step->arg[0], step->arg[1], &val, false);

	return ret ? ret : val;
}

static s64 op_config_write(struct lab_instance *instance, const struct lab_step *step)
{
	u32 val = step->arg[2];

	return config_rw(lab_device_of(instance, step), step->arg[0], step->arg[1], &val, true);
}

s64 lab_ioctl(struct lab_device *device, unsigned int cmd, const void *arg)
{
	struct file *file;
	long ret;

	if (!device)
		return -ENODEV;
	file = use_file(device);
	if (!file)
		return -EBADF;
	ret = vfio_device_fops.unlocked_ioctl(file, cmd, (unsigned long)arg);
	put_file(device);
	return ret;
}

/* @payload: what the feature takes behind its header. */
static s64 feature(struct lab_device *device, u32 flags, u32 argsz, u32 payload)
{
	u32 arg[4] = { argsz ? argsz : sizeof(arg), flags, payload };

	return lab_ioctl(device, VFIO_DEVICE_FEATURE, arg);
}

static s64 op_low_power_entry(struct lab_instance *instance, const struct lab_step *step)
{
	u32 flags = step->arg[1] ? step->arg[1] :
				   VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY;

	return feature(lab_device_of(instance, step), flags, step->arg[0], 0);
}

static s64 op_low_power_entry_with_wakeup(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);
	u32 fd = step->arg[1];

	if (!device)
		return -ENODEV;
	if (!fd)
		fd = stub_number(device->user->wake_eventfd);
	return feature(device, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
		       step->arg[0], fd);
}

static s64 op_wakeups(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	return device ? (s64)stub_eventfd_count(device->user->wake_eventfd) : -ENODEV;
}

static s64 op_low_power_exit(struct lab_instance *instance, const struct lab_step *step)
{
	return feature(lab_device_of(instance, step),
		       VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, 0, 0);
}

static s64 op_reset(struct lab_instance *instance, const struct lab_step *step)
{
	return lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_RESET, NULL);
}

static s64 op_hot_reset(struct lab_instance *instance, const struct lab_step *step)
{
	u32 groups = step->arg[0] ? step->arg[0] : ~0u;
	u32 reset[3 + LAB_DEVICES] = { step->arg[1] ? step->arg[1] : sizeof(reset), step->arg[2] };

	for (u32 i = 0; i < LAB_DEVICES; i++)
		if (groups >> i & 1 && instance->device[i].pdev)
			reset[3 + reset[2]++] = stub_number(&instance->device[i].user->group);
	return lab_ioctl(lab_device_of(instance, step), VFIO_DEVICE_PCI_HOT_RESET, reset);
}

/*
 * What a fault in a mapped BAR holds while it puts the page in: memory_lock, and through its mapping the
 * file. The task that faults is one of its own, so that neither counts as this one's. A user whose device is
 * in low power gets SIGBUS instead.
 */
static s64 op_page_fault_begin(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);
	struct rw_semaphore *lock;
	struct file *file;

	if (!device || device->user->faulting)
		return -EINVAL;
	file = use_file(device);
	if (!file)
		return -EBADF;

	lock = &device->vdev->memory_lock;
	down_read(lock);
	if (device->vdev->pm_runtime_engaged) {
		up_read(lock);
		put_file(device);
		return -EFAULT;
	}
	stub_unhold(&lock->word, STUB_READ);
	device->user->faulting = file;
	return 0;
}

static s64 op_page_fault_end(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);
	struct rw_semaphore *lock;

	if (!device || !device->user->faulting)
		return -EINVAL;
	lock = &device->vdev->memory_lock;
	stub_hold(&lock->word, STUB_READ);
	up_read(lock);
	device->user->faulting = NULL;
	put_file(device);
	return 0;
}

/* ---- the device ---- */

static s64 op_interrupt(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !device->pdev->pin)
		return -ENODEV;
	stub_pci_raise_intx(device->pdev);
	return stub_eventfd_count(device->user->intx_eventfd);
}

static s64 op_interrupt_served(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !device->pdev->pin)
		return -ENODEV;
	stub_pci_drop_intx(device->pdev);
	return stub_eventfd_count(device->user->intx_eventfd);
}

/* ---- the rest of the machine ---- */

static s64 op_vga_notify(struct lab_instance *instance, const struct lab_step *step)
{
	(void)instance;
	return stub_vga_notify(step->arg[0]);
}

static s64 op_vga_decodes(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	if (!device || !device->vga)
		return -ENODEV;
	return stub_vga_user_decodes(device->pdev, step->arg[0]);
}

static s64 op_sriov(struct lab_instance *instance, const struct lab_step *step)
{
	struct lab_device *device = lab_device_of(instance, step);

	return device ? stub_pci_write_numvfs(device->pdev, step->arg[0]) : -ENODEV;
}

static s64 op_fault(struct lab_instance *instance, const struct lab_step *step)
{
	(void)instance;
	return stub_fail_nth((enum lab_fault)step->arg[0], step->arg[1]);
}

static s64 op_fault_calls(struct lab_instance *instance, const struct lab_step *step)
{
	(void)instance;
	return stub_fault_calls((enum lab_fault)step->arg[0]);
}

lab_op_fn *const lab_ops[LAB_OPS] = {
	[LAB_OP_LOAD] = lab_load,
	[LAB_OP_BIND] = lab_bind,
	[LAB_OP_UNBIND] = lab_unbind,
	[LAB_OP_OPEN] = op_open,
	[LAB_OP_CLOSE] = op_close,
	[LAB_OP_CONFIG_READ] = op_config_read,
	[LAB_OP_CONFIG_WRITE] = op_config_write,
	[LAB_OP_INTX_ENABLE] = lab_intx_enable,
	[LAB_OP_INTX_DISABLE] = lab_intx_disable,
	[LAB_OP_INTERRUPT] = op_interrupt,
	[LAB_OP_LOW_POWER_ENTRY] = op_low_power_entry,
	[LAB_OP_LOW_POWER_EXIT] = op_low_power_exit,
	[LAB_OP_CONFIG_BLOCK] = op_config_block,
	[LAB_OP_CONFIG_UNBLOCK] = op_config_unblock,
	[LAB_OP_FLAG_WRITE] = lab_flag_write,
	[LAB_OP_INTERRUPT_SERVED] = op_interrupt_served,
	[LAB_OP_PM_WORK] = op_pm_work,
	[LAB_OP_UNLOAD] = lab_unload,
	[LAB_OP_PARAM_WRITE] = lab_param_write,
	[LAB_OP_LOW_POWER_ENTRY_WITH_WAKEUP] = op_low_power_entry_with_wakeup,
	[LAB_OP_WAKEUPS] = op_wakeups,
	[LAB_OP_RESET] = op_reset,
	[LAB_OP_HOT_RESET] = op_hot_reset,
	[LAB_OP_FAULT] = op_fault,
	[LAB_OP_VGA_NOTIFY] = op_vga_notify,
	[LAB_OP_VGA_DECODES] = op_vga_decodes,
	[LAB_OP_SRIOV] = op_sriov,
	[LAB_OP_REGION_READ] = lab_region_read,
	[LAB_OP_REGION_WRITE] = lab_region_write,
	[LAB_OP_DEVICE_INFO] = lab_device_info,
	[LAB_OP_REGION_INFO] = lab_region_info,
	[LAB_OP_IRQ_INFO] = lab_irq_info,
	[LAB_OP_FAULT_CALLS] = op_fault_calls,
	[LAB_OP_SET_IRQS] = lab_set_irqs,
	[LAB_OP_SIGNALS] = lab_signals,
	[LAB_OP_MESSAGE] = lab_message,
	[LAB_OP_PCI_ERROR] = lab_pci_error,
	[LAB_OP_IOEVENTFD] = lab_ioeventfd,
	[LAB_OP_DOORBELL] = lab_doorbell,
	[LAB_OP_UNMASK] = lab_unmask,
	[LAB_OP_HOT_RESET_INFO] = lab_hot_reset_info,
	[LAB_OP_SHUTDOWN] = lab_shutdown,
	[LAB_OP_MIG_STATE_SET] = lab_mig_state_set,
	[LAB_OP_MIG_STATE_GET] = lab_mig_state_get,
	[LAB_OP_LOG_START] = lab_log_start,
	[LAB_OP_LOG_STOP] = lab_log_stop,
	[LAB_OP_LOG_READ_AND_CLEAR] = lab_log_read_and_clear,
	[LAB_OP_DISABLE_VF] = lab_disable_vf,
	[LAB_OP_ENABLE_VF] = lab_enable_vf,
	[LAB_OP_EQ_EVENT] = lab_eq_event,
	[LAB_OP_WORK] = lab_work,
	[LAB_OP_PAGE_FAULT_BEGIN] = op_page_fault_begin,
	[LAB_OP_PAGE_FAULT_END] = op_page_fault_end,
	[LAB_OP_COUNT_UP] = lab_count_up,
};
