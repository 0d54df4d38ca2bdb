// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, open, sequence } from 'lostbit/vfio';

// A variant driver's devices outlive a reload of vfio-pci, and with it a change of the policy whether idle
// devices sleep. Bound under the old policy, this one is opened under the new.
export default sequence({
  title: 'vfio-pci is loaded with disable_idle_d3 before a device of a variant driver is opened',
  reference: 'fact 1',
  devices: { A: {} },
  setup: [load('variant'), bind('A', 'variant')],
  steps: [
    load('vfio-pci', 'disable_idle_d3'),
    open('A'),
    observe('usage', 'A.pdev.dev.power.usage_count'),
    observe('status', 'A.pdev.dev.power.runtime_status'),
  ],
  outcomes: [
    { when: { usage: 1, status: 0 }, grade: 'acceptable', note: 'its user keeps it awake' },
    { when: { usage: 0 }, grade: 'forbidden', note: 'in use, and nothing keeps it awake' },
  ],
  expect: { failsThrough: 'base' },
});
