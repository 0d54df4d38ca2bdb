// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Explanation, ReadFile, Restatement } from '../../src/subject/subject.js';

const coreHeader = 'include/linux/vfio_pci_core.h';
const coreUnit = 'drivers/vfio/pci/vfio_pci_core.c';

const headerHas = (name: string) => (read: ReadFile) => new RegExp(`\\b${name}\\b`).test(read(coreHeader));
const coreHas = (name: string) => (read: ReadFile) => new RegExp(`\\b${name}\\b`).test(read(coreUnit));
const not = (has: (read: ReadFile) => boolean) => (read: ReadFile) => !has(read);

/** What the excerpt does not restate at all. */
const leftOut: readonly Explanation[] = [
  {
    aspect: 'call',
    what: 'k(?:malloc|free)\\(.*\\)',
    where: '(?:alloc|free)_perm_bits',
    why: 'tables of config space are constants in the excerpt, and are filled in where the kernel loads the module',
  },
  {
    aspect: 'lock',
    what: 'vdev\\.group\\.group_lock',
    why: 'a user of the sources comes by the file of a group, whose lock is held where a device is opened and closed; the excerpt has no groups',
  },
  {
    aspect: 'violation',
    what: 'warned drivers/vfio/group\\.c:\\d+',
    scenario: 'any-failure-while-binding-vga',
    why: 'the excerpt has no groups, and so not what is wrong where one cannot be made (docs/findings.md)',
  },
  {
    aspect: 'verdict',
    what: 'verdict',
    scenario: 'any-failure-while-binding-vga',
    why: 'the excerpt has no groups, and so not what is wrong where one cannot be made (docs/findings.md)',
    when: (read) => /\bvfio_pci_vga_uninit\(vdev\);\nout_vf:/.test(read(coreUnit)),
  },
  {
    aspect: 'call',
    what: 'vfio_group_id\\(pdev\\.dev\\)|iommu_group_(?:get|id|put)\\(.*\\)',
    where: 'facts_of|vfio_pci_fill_devs',
    why: 'the excerpt has no groups, and what stands for the number of one is made up',
  },
  {
    aspect: 'call',
    what: 'pci_walk_bus\\(.*\\)',
    where: 'vfio_pci_for_each_slot_or_bus',
    why: 'the excerpt goes through the list of a bus itself: our headers have no walk',
  },
  {
    aspect: 'call',
    what: 'pci_(?:user_)?read_config_dword\\(pdev, 256\\)',
    where: 'vfio_ecap_init|vfio_fill_vconfig_bytes|vfio_user_config_read',
    why: 'the excerpt has no tables of extended capabilities, so that its list of them is empty',
  },
  {
    aspect: 'call',
    what: 'uuid_gen\\(.*\\)|bus_(?:un)?register_notifier\\(.*\\)|mutex_(?:un)?lock\\(vf_token\\.lock\\)',
    where: 'vfio_pci_vf_(?:un)?init|vfio_pci_core_match_token_uuid',
    why: 'virtual functions of the excerpt have no tokens, and none of them is kept from other drivers',
  },
  {
    aspect: 'call',
    what: 'irq_bypass_(?:un)?register_producer\\(.*\\)',
    where: 'vfio_msi_set_vector_signal',
    why: 'there is no hypervisor in the kernel that interrupts could be handed to',
  },
  {
    aspect: 'call',
    what: 'get_cached_msi_msg\\(.*\\)|pci_write_msi_msg\\(.*\\)',
    where: 'vfio_msi_set_vector_signal',
    why: 'what a function forgets of its messages of MSI-X in a reset is not modelled',
  },
  {
    aspect: 'call',
    what: 'pci_(?:un)?map_rom\\(pdev\\)|pci_iomap\\(pdev, 6\\)|pci_iounmap\\(pdev\\)',
    where: 'rw_rom|vfio_pci_bar_rw',
    why: 'the excerpt maps a ROM as it does a BAR: our headers have nothing else',
  },
];

/** Where sources are older or younger than those that the excerpt restates. */
const otherVersions: readonly Explanation[] = [
  {
    aspect: 'call|order|write',
    what: 'pci_num_vf\\(pdev\\)|sriov_active =|up_write\\(memory_lock\\)|pci_enable_sriov\\(pdev, \\d+\\)',
    where: 'vfio_pci_set_power_state|(?:enter|leave)_sriov|vfio_pci_core_sriov_configure',
    when: not(headerHas('sriov_active')),
    why: 'these sources ask PCI whether there are virtual functions; later ones, and the excerpt, have a flag, sriov_active',
  },
  {
    aspect: 'lock',
    what: 'memory_lock',
    scenario: 'any-failure-while-changing-vfs',
    when: not(headerHas('sriov_active')),
    why: 'these sources ask PCI whether there are virtual functions; later ones, and the excerpt, have a flag, sriov_active',
  },
  {
    aspect: 'layout',
    what: 'fields of vfio_pci_core_device',
    when: not(headerHas('sriov_active')),
    why: 'these sources ask PCI whether there are virtual functions; later ones, and the excerpt, have a flag, sriov_active',
  },
  {
    aspect: 'state|call|write|order',
    what: 'barmap(?:\\[\\d\\]| =)|pci_(?:request|release)_selected_regions\\(pdev, \\d+\\)|pci_iomap\\(pdev, \\d\\)|pci_iounmap\\(pdev\\)|(?:bar_mmap_supported|needs_reset) =',
    when: coreHas('vfio_pci_core_map_bars'),
    why: 'these sources map all BARs when a device is opened; earlier ones, and the excerpt, each when it is first used',
  },
  {
    aspect: 'call',
    what: 'pm_runtime_(?:resume\\(pdev\\.dev, 4\\)|idle\\(pdev\\.dev, 5\\))',
    where: 'vfio_pci_dev_set_(?:pm_runtime_get|try_reset|hot_reset)',
    scenario: 'mixed-policies-on-a-bus',
    when: headerHas('disable_idle_d3'),
    why: 'as it was merged, the first patch wakes all devices of a set before a reset, and counts them all; as it was mailed, and in the excerpt, those that never idle are left out',
  },
  {
    aspect: 'write|layout',
    what: 'pci_ops =|fields of vfio_pci_core_device',
    when: headerHas('pci_ops'),
    why: 'sharing the memory of a device by DMA-BUF is younger than what the excerpt restates',
  },
  {
    aspect: 'layout',
    what: 'fields of mlx5vf_pci_core_device',
    when: (read) => /\bmig_state_cap\b/.test(read('drivers/vfio/pci/mlx5/cmd.h')),
    why: 'that a virtual function can say its migration state is younger than what the excerpt restates',
  },
];

/** Structs of which the excerpt has the part that it needs. */
const parts: readonly Explanation[] = [
  {
    aspect: 'layout',
    what: '(?:fields|order) of mlx5_(?!vhca_page_tracker$)\\w+|fields of mlx5vf_async_data',
    why: 'the firmware of mlx5 is a model, and its structs are made for that; those with the flags are compared',
  },
  {
    aspect: 'layout',
    what: 'fields of vfio_(?:device|device_file|device_ops|device_info|migration_ops|pci_dependent_device)',
    why: 'iommufd, groups, capabilities of information and the size of migration data are not restated',
  },
  {
    aspect: 'layout',
    what: 'fields of vfio_pci_irq_ctx',
    why: 'there is no hypervisor in the kernel that interrupts could be handed to',
  },
];

/** How the excerpt is held against a kernel's sources, and where it cannot be the same. */
export const restated: Restatement = {
  states: [
    'vdev.open_count',
    'pdev.current_state',
    'pdev.enable_cnt',
    'pdev.is_busmaster',
    'pdev.block_cfg_access',
    'pdev.dev.power.usage_count',
    'pdev.dev.power.runtime_status',
    'pdev.dev.power.disable_depth',
    'pdev.dev.power.runtime_auto',
  ],
  explained: [...leftOut, ...otherVersions, ...parts],
};
