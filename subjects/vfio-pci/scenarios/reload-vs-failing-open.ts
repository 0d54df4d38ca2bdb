// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, open, returned, scenario, unload } from 'lostbit/vfio';

// The policy is asked for twice in one open: before a count is taken, and again when it fails. So it is in one
// registration: before a count is given up, and again when it fails.
export default scenario({
  title:
    'vfio-pci is loaded with disable_idle_d3 while a variant driver fails to open a device and to bind one',
  reference: 'fact 16',
  devices: { A: {}, B: {} },
  setup: [load('vfio-pci'), load('variant'), bind('A', 'variant')],
  faults: { pci_try_reset_function: 1, vfio_register_group_dev: 1 },
  actors: {
    admin: [unload('vfio-pci'), load('vfio-pci', 'disable_idle_d3')],
    user: [open('A'), bind('B', 'variant')],
  },
  observe: {
    opened: returned('user'),
    bound: returned('user', 1),
    A_usage: 'A.pdev.dev.power.usage_count',
    B_usage: 'B.pdev.dev.power.usage_count',
  },
  outcomes: [
    {
      when: { opened: -11, bound: -22, A_usage: 0, B_usage: 1 },
      grade: 'acceptable',
      note: 'A has no user and may idle; B has no driver and stays awake',
    },
    { when: { A_usage: 1 }, grade: 'forbidden', note: 'A has no user, and never sleeps again' },
    { when: { B_usage: 0 }, grade: 'forbidden', note: 'B has no driver, and nothing keeps it awake' },
    { when: { B_usage: 2 }, grade: 'forbidden', note: 'B has no driver, and no later one lets it sleep' },
  ],
  expect: { failsThrough: 'base' },
});
