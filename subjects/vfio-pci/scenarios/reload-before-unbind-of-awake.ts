// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, sequence, unbind, unload } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

// Registering left the device its count, since it was to stay awake; unregistering takes another one, since by now
// it would not be.
export default sequence({
  title: "vfio-pci is loaded without disable_idle_d3 before a variant driver's device is unbound",
  reference: 'fact 3',
  devices: { A: {} },
  setup: [load('vfio-pci', 'disable_idle_d3'), load('variant'), bind('A', 'variant')],
  sequences: {
    'never opened': [unload('vfio-pci'), load('vfio-pci'), unbind('A'), observe('unbound', usage)],
    'opened meanwhile': [
      unload('vfio-pci'),
      load('vfio-pci'),
      open('A'),
      close('A'),
      unbind('A'),
      observe('unbound', usage),
    ],
  },
  outcomes: [
    { when: { unbound: 1 }, grade: 'acceptable', note: 'as before any driver came' },
    { when: { unbound: 2 }, grade: 'forbidden', note: 'no later driver can let it sleep' },
  ],
  expect: { failsThrough: 'base' },
});
