// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, sequence, unbind, unload } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

// Registering gave up a count that unregistering does not take back, since devices are to stay awake by then. The
// next driver gives up what is not there.
export default sequence({
  title: "vfio-pci is loaded with disable_idle_d3 before a variant driver's device is bound again",
  reference: 'fact 5',
  devices: { A: {} },
  setup: [load('variant'), bind('A', 'variant')],
  sequences: {
    'under the new policy': [
      load('vfio-pci', 'disable_idle_d3'),
      unbind('A'),
      observe('unbound', usage),
      bind('A', 'variant'),
    ],
    'under the old policy': [
      load('vfio-pci', 'disable_idle_d3'),
      unbind('A'),
      observe('unbound', usage),
      unload('vfio-pci'),
      load('vfio-pci'),
      bind('A', 'variant'),
    ],
  },
  outcomes: [
    { when: { unbound: 1 }, grade: 'acceptable', note: 'as before any driver came' },
    { when: { unbound: 0 }, grade: 'forbidden', note: 'nothing keeps a device without a driver awake' },
  ],
  expect: { failsThrough: 'base' },
});
