// SPDX-License-Identifier: GPL-2.0-only
/* What should be as it was before any driver came, once all of them have gone: a function's counts and locks. */
#include <linux/pci.h>

#include <linux/list.h>

#include "kernel/function.h"
#include "kernel/stub.h"

static u32 report_if(bool wrong, enum stub_violation_kind kind, const void *object)
{
	if (wrong)
		stub_violation(kind, object);
	return wrong;
}

/* A lock is held by a task that is gone, and still keeps all others out. */
static u32 check_locks(struct pci_dev *pdev)
{
	const struct stub_function *function = stub_function_of(pdev);

	return report_if(*stub_word(&pdev->dev.mutex) & STUB_STATE, STUB_LOCK_LEFT_HELD, &pdev->dev.mutex) +
	       report_if(function->cfg_access & STUB_STATE, STUB_CONFIG_LEFT_BLOCKED, &function->cfg_access);
}

u32 stub_check_function(struct pci_dev *pdev, int usage)
{
	const atomic_t *count = &pdev->dev.power.usage_count;
	u32 wrong = check_locks(pdev);

	/* The bridge above goes with one of those below it. */
	if (pdev->bus->self && pdev->bus->devices.next == &pdev->bus_list)
		wrong += check_locks(pdev->bus->self);

	wrong += report_if(atomic_read(&pdev->enable_cnt), STUB_UNBALANCED_ENABLE, &pdev->enable_cnt);
	wrong += report_if(atomic_read(count) != usage, STUB_UNBALANCED_USAGE, count);
	return wrong + stub_check_irq(pdev->irq);
}
