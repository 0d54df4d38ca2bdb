// SPDX-License-Identifier: GPL-2.0-only
/* Resets: of a function that can do so by itself, and of all functions of a bus by the bridge above it. */
#include <linux/pci.h>

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_dev_trylock);
STUB_FAULT(__pci_reset_function_locked);
STUB_FAULT(pci_try_reset_function);
STUB_FAULT(pci_reset_bus);

void pci_dev_lock(struct pci_dev *pdev)
{
	device_lock(&pdev->dev);
	pci_cfg_access_lock(pdev);
}

int pci_dev_trylock(struct pci_dev *pdev)
{
	if (stub_should_fail(pci_dev_trylock) || !device_trylock(&pdev->dev))
		return 0;
	if (pci_cfg_access_trylock(pdev))
		return 1;
	device_unlock(&pdev->dev);
	return 0;
}

void pci_dev_unlock(struct pci_dev *pdev)
{
	pci_cfg_access_unlock(pdev);
	device_unlock(&pdev->dev);
}

static void check_awake(struct pci_dev *pdev)
{
	if (!stub_pm_is_active(&pdev->dev))
		stub_violation(STUB_RESET_WHILE_SUSPENDED, &pdev->dev);
}

/*
 * A user may put a function into D3hot by its PMCSR and then ask for a reset. Where the PCI core is told of
 * that it brings the function back to D0 first; who resets without its help has to do so itself.
 */
static void check_listening(struct pci_dev *pdev)
{
	if (pdev->current_state != PCI_D0)
		stub_violation(STUB_RESET_WHILE_SUSPENDED, &pdev->current_state);
}

/* ---- one function ---- */

/* Each of these returns -ENOTTY where that cannot be done to the function, and the next may. */

static int reset_by_itself(struct pci_dev *pdev)
{
	check_listening(pdev);
	stub_pci_power_on(pdev);
	return 0;
}

static int reset_by_power_state(struct pci_dev *pdev)
{
	u16 ctrl;

	if (!pdev->pm_cap)
		return -ENOTTY;
	pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL, &ctrl);
	if (ctrl & PCI_PM_CTRL_NO_SOFT_RESET)
		return -ENOTTY;
	if (pdev->current_state != PCI_D0)
		return -EINVAL;
	stub_pci_power_on(pdev);
	return 0;
}

static int reset_with_bus(struct pci_dev *pdev)
{
	if (pci_is_root_bus(pdev->bus) || pdev->subordinate || !pdev->bus->self || !list_is_singular(&pdev->bus->devices))
		return -ENOTTY;
	stub_pci_power_on(pdev);
	return 0;
}

/* In the order in which a kernel tries them. */
static const struct {
	u32 bit;
	int (*reset)(struct pci_dev *pdev);
} methods[] = {
	{ STUB_RESET_FLR, reset_by_itself },
	{ STUB_RESET_PM, reset_by_power_state },
	{ STUB_RESET_BUS, reset_with_bus },
};

/* The reset itself, without a word to the driver. */
int __pci_reset_function_locked(struct pci_dev *pdev)
{
	u32 resets = stub_function_of(pdev)->resets;
	int ret = -ENOTTY;

	lockdep_assert_held(&pdev->dev.mutex);
	if (!resets || stub_should_fail(__pci_reset_function_locked))
		return -ENOTTY;
	check_awake(pdev);
	for (u32 i = 0; ret == -ENOTTY && i < ARRAY_SIZE(methods); i++)
		if (resets & methods[i].bit)
			ret = methods[i].reset(pdev);
	return ret;
}

/* ---- errors ---- */

static const struct pci_error_handlers *handlers(const struct pci_dev *pdev)
{
	static const struct pci_error_handlers none;

	return pdev->driver && pdev->driver->err_handler ? pdev->driver->err_handler : &none;
}

void stub_pci_report_error(struct pci_dev *pdev)
{
	device_lock(&pdev->dev);
	if (handlers(pdev)->error_detected)
		handlers(pdev)->error_detected(pdev, pci_channel_io_normal);
	device_unlock(&pdev->dev);
}

/* ---- a function, with a word to its driver ---- */

/* Saved, and quiet: what the function was told before must not come out in the middle of the reset. */
static void save_and_disable(struct pci_dev *pdev)
{
	if (handlers(pdev)->reset_prepare)
		handlers(pdev)->reset_prepare(pdev);
	pci_set_power_state(pdev, PCI_D0);
	pci_save_state(pdev);
	pci_write_config_word(pdev, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
}

static void restore(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	if (handlers(pdev)->reset_done)
		handlers(pdev)->reset_done(pdev);
}

static int reset_locked(struct pci_dev *pdev)
{
	int ret;

	save_and_disable(pdev);
	ret = __pci_reset_function_locked(pdev);
	restore(pdev);
	return ret;
}

int pci_try_reset_function(struct pci_dev *pdev)
{
	int ret;

	if (stub_should_fail(pci_try_reset_function))
		return -EAGAIN;
	if (!stub_function_of(pdev)->resets)
		return -ENOTTY;
	if (!pci_dev_trylock(pdev))
		return -EAGAIN;

	ret = reset_locked(pdev);
	pci_dev_unlock(pdev);
	return ret;
}

/* Waits for its locks, and for those of the bridge above. */
int pci_reset_function(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int ret;

	if (!stub_function_of(pdev)->resets)
		return -ENOTTY;
	if (bridge)
		pci_dev_lock(bridge);
	pci_dev_lock(pdev);
	ret = reset_locked(pdev);
	pci_dev_unlock(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
	return ret;
}

/* ---- a bus ---- */

/* There are no slots that could be reset without the rest of their bus. */
int pci_probe_reset_slot(struct pci_slot *slot)
{
	(void)slot;
	return -ENOTTY;
}

int pci_probe_reset_bus(struct pci_bus *bus)
{
	return bus->self ? 0 : -ENOTTY;
}

/* Gives back all that were locked before @end, and the bridge. */
static void unlock_bus(struct pci_bus *bus, const struct pci_dev *end)
{
	struct pci_dev *pdev;

	list_for_each_entry(pdev, &bus->devices, bus_list) {
		if (pdev == end)
			break;
		pci_dev_unlock(pdev);
	}
	pci_dev_unlock(bus->self);
}

static bool trylock_bus(struct pci_bus *bus)
{
	struct pci_dev *pdev;

	if (!pci_dev_trylock(bus->self))
		return false;
	list_for_each_entry(pdev, &bus->devices, bus_list) {
		if (!pci_dev_trylock(pdev)) {
			unlock_bus(bus, pdev);
			return false;
		}
	}
	return true;
}

int pci_reset_bus(struct pci_dev *pdev)
{
	struct pci_bus *bus = pdev->bus;
	int ret = pci_probe_reset_bus(bus);

	if (ret)
		return ret;
	/* Whether the lock is free or not: the caller has to have them all awake. */
	list_for_each_entry(pdev, &bus->devices, bus_list) {
		check_awake(pdev);
		if (atomic_read(&pdev->dev.power.usage_count) < 1)
			stub_violation(STUB_RESET_UNHELD, &pdev->dev);
	}
	if (stub_should_fail(pci_reset_bus) || !trylock_bus(bus))
		return -EAGAIN;

	list_for_each_entry(pdev, &bus->devices, bus_list)
		save_and_disable(pdev);
	list_for_each_entry(pdev, &bus->devices, bus_list)
		stub_pci_power_on(pdev);
	list_for_each_entry(pdev, &bus->devices, bus_list)
		restore(pdev);
	unlock_bus(bus, NULL);
	return 0;
}
