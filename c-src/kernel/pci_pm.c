// SPDX-License-Identifier: GPL-2.0-only
/* Power states of PCI functions, and how runtime PM moves between them around the driver's callbacks. */
#include <linux/pci.h>

#include <linux/errno.h>
#include <linux/pm_runtime.h>

#include "kernel/fault.h"
#include "kernel/pci.h"
#include "kernel/stub.h"

STUB_FAULT(pci_set_power_state);

int pci_set_power_state(struct pci_dev *pdev, pci_power_t state)
{
	pci_power_t before = pdev->current_state;
	u16 ctrl;

	if (state == before)
		return 0;
	if (!pdev->pm_cap)
		return state == PCI_D0 ? 0 : -EIO;
	if (stub_should_fail(pci_set_power_state))
		return -EIO;

	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &ctrl);
	ctrl = (u16)((ctrl & ~PCI_PM_CTRL_STATE_MASK) | state);
	pci_write_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, ctrl);
	/* Coming back from D3hot is a reset to a function that does not say otherwise. */
	if (before == PCI_D3hot && !(ctrl & PCI_PM_CTRL_NO_SOFT_RESET))
		stub_pci_power_on(pdev);
	pdev->current_state = state;
	return 0;
}

/* The PM callbacks of the bound driver; NULL without one. */
static const struct dev_pm_ops *driver_pm(const struct pci_dev *pdev)
{
	return pdev->driver ? pdev->driver->driver.pm : NULL;
}

/* Without a driver, a function is left in D0, but its bridge may take the power away. */
static int suspend(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	const struct dev_pm_ops *pm = driver_pm(pdev);
	int ret = 0;

	pdev->state_saved = false;
	if (pm && pm->runtime_suspend)
		ret = pm->runtime_suspend(dev);
	if (ret)
		return ret;

	/* A driver may have seen to all of this itself. */
	if (pdev->current_state != PCI_D0)
		return 0;
	pci_save_state(pdev);
	if (pdev->driver)
		pci_set_power_state(pdev, PCI_D3hot);
	return 0;
}

static int resume(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	const struct dev_pm_ops *pm = driver_pm(pdev);

	pci_set_power_state(pdev, PCI_D0);
	pci_restore_state(pdev);
	return pm && pm->runtime_resume ? pm->runtime_resume(dev) : 0;
}

/* A driver that knows nothing of power management has its device left alone. */
static int idle(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);

	return pdev->driver && !driver_pm(pdev) ? -ENOSYS : 0;
}

const struct dev_pm_ops stub_pci_pm_ops = {
	.runtime_suspend = suspend,
	.runtime_resume = resume,
	.runtime_idle = idle,
};
