// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { layout } from 'lostbit/vfio';

// Flags that are written while a device is in use, each under a rule of its own. A bit-field is written by rewriting
// its neighbours; flags of set-up and release alone may share.
export default layout({
  title: 'Flags that are written at run time have bytes of their own',
  reference: 'fact 37',
  apart: {
    vfio_pci_core_device: [
      'virq_disabled',
      'bardirty',
      'needs_reset',
      'pm_intx_masked',
      'pm_runtime_engaged',
      'sriov_active',
    ],
    mlx5vf_pci_core_device: ['mdev_detach', 'log_active', 'deferred_reset'],
    mlx5_vhca_page_tracker: ['is_err', 'object_changed'],
  },
  // The core's flags are mended by one patch, those of mlx5 by another.
  expect: { failsThrough: 'p3', mendedBy: ['p3', 'p4'] },
});
