// SPDX-License-Identifier: GPL-2.0-only
/* Virtual functions: how many a physical one has, and which one of them a function is. */
#include <linux/pci.h>

#include <linux/err.h>
#include <linux/lockdep.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_enable_sriov);

int pci_num_vf(struct pci_dev *pdev)
{
	return pdev->is_physfn ? pdev->sriov->num_VFs : 0;
}

int pci_enable_sriov(struct pci_dev *pdev, int nr_virtfn)
{
	if (!pdev->is_physfn)
		return -ENOSYS;
	if (pdev->sriov->num_VFs)
		return -EINVAL;
	if (stub_should_fail(pci_enable_sriov))
		return -ENOMEM;
	pdev->sriov->num_VFs = (u16)nr_virtfn;
	return 0;
}

void pci_disable_sriov(struct pci_dev *pdev)
{
	if (pdev->is_physfn)
		pdev->sriov->num_VFs = 0;
}

int pci_iov_vf_id(struct pci_dev *vf)
{
	return vf->is_virtfn ? stub_function_of(vf)->vf_id : -EINVAL;
}

void *pci_iov_get_pf_drvdata(struct pci_dev *vf, struct pci_driver *pf_driver)
{
	/* The physical function of some is none that is plugged in here. */
	if (!vf->is_virtfn || !vf->physfn || vf->physfn->driver != pf_driver)
		return ERR_PTR(-EINVAL);
	return pci_get_drvdata(vf->physfn);
}

/* A write to sriov_numvfs, under device_lock. */
static int set_num_vfs(struct pci_dev *pdev, u32 wanted)
{
	int ret;

	if (wanted == pdev->sriov->num_VFs)
		return 0;
	if (!pdev->driver || !pdev->driver->sriov_configure)
		return -ENOENT;
	/* From some to others there is a way only through none. */
	if (wanted && pdev->sriov->num_VFs)
		return -EBUSY;
	ret = pdev->driver->sriov_configure(pdev, (int)wanted);
	return ret < 0 ? ret : 0;
}

int stub_pci_write_numvfs(struct pci_dev *pdev, u32 wanted)
{
	int ret;

	if (!pdev->is_physfn)
		return -ENOENT;
	if (wanted > pdev->sriov->total_VFs)
		return -ERANGE;
	device_lock(&pdev->dev);
	ret = set_num_vfs(pdev, wanted);
	device_unlock(&pdev->dev);
	return ret;
}
