// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, pmWork, sequence } from 'lostbit/vfio';

// The last close on a bus resets it, and wakes all of the bus for that, unless nothing sleeps by policy. The sibling
// went to sleep under another policy.
export default sequence({
  title: 'vfio-pci is loaded with disable_idle_d3 before closing a device resets the bus of a sleeping one',
  reference: 'fact 8',
  devices: { A: { bus: 1 }, B: { bus: 1 } },
  setup: [load('variant'), bind('A', 'variant'), bind('B', 'variant'), open('A'), pmWork('B')],
  steps: [
    load('vfio-pci', 'disable_idle_d3'),
    close('A'),
    observe('A_needs_reset', 'A.needs_reset'),
    observe('A_usage', 'A.pdev.dev.power.usage_count'),
    observe('B_usage', 'B.pdev.dev.power.usage_count'),
    observe('B_suspended', pmWork('B')),
  ],
  outcomes: [
    {
      when: { A_needs_reset: 0, A_usage: 0, B_usage: 0, B_suspended: 1 },
      grade: 'acceptable',
      note: 'the bus was reset with both awake, and both may sleep again',
    },
    { when: { A_usage: 1 }, grade: 'forbidden', note: 'nobody uses it, and it never sleeps again' },
    { when: { B_suspended: 0 }, grade: 'forbidden', note: 'the sibling was not woken for the reset' },
  ],
  expect: { failsThrough: 'base' },
});
