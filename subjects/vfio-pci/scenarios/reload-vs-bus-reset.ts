// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, open, scenario, unload } from 'lostbit/vfio';

// Closing A resets the bus, for which B is woken, too. Whether that count is given back is asked of the policy anew.
export default scenario({
  title: 'vfio-pci is loaded with disable_idle_d3 while closing a device resets the bus of another one',
  reference: 'fact 17',
  devices: { A: { bus: 1 }, B: { bus: 1 } },
  setup: [load('vfio-pci'), load('variant'), bind('A', 'variant'), bind('B', 'variant'), open('A')],
  actors: {
    admin: [unload('vfio-pci'), load('vfio-pci', 'disable_idle_d3')],
    user: [close('A')],
  },
  observe: { A_usage: 'A.pdev.dev.power.usage_count', B_usage: 'B.pdev.dev.power.usage_count' },
  outcomes: [
    { when: { A_usage: 0, B_usage: 0 }, grade: 'acceptable', note: 'nobody uses them; both may idle' },
    { when: { B_usage: 1 }, grade: 'forbidden', note: 'B, which nobody touched, never sleeps again' },
    { when: { A_usage: 1 }, grade: 'forbidden', note: 'A was closed, and never sleeps again' },
    { when: { A_usage: 2 }, grade: 'forbidden', note: 'A was closed, and never sleeps again' },
  ],
  expect: { failsThrough: 'base' },
});
