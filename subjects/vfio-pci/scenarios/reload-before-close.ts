// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, pmWork, sequence } from 'lostbit/vfio';

// Opening took a count under the old policy; closing asks the new one whether it has to give it back.
export default sequence({
  title: "vfio-pci is loaded with disable_idle_d3 while a variant driver's device is open",
  reference: 'fact 2',
  devices: { A: {} },
  setup: [load('variant'), bind('A', 'variant'), open('A')],
  steps: [
    load('vfio-pci', 'disable_idle_d3'),
    close('A'),
    observe('usage', 'A.pdev.dev.power.usage_count'),
    observe('suspended', pmWork('A')),
  ],
  outcomes: [
    { when: { usage: 0, suspended: 1 }, grade: 'acceptable', note: 'nobody uses it, and it sleeps' },
    { when: { usage: 1 }, grade: 'forbidden', note: 'nobody uses it, and it never sleeps again' },
  ],
  expect: { failsThrough: 'base' },
});
