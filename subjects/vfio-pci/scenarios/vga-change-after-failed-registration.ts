// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, sequence, vgaNotify } from 'lostbit/vfio';

// Every adapter that comes or goes has the arbiter ask all drivers again, under a spinlock.
export default sequence({
  title: 'A VGA adapter is plugged in after another one could not be registered with vfio',
  reference: 'fact 19',
  devices: { A: { vga: true, belowBridge: true } },
  setup: [load('vfio-pci', 'disable_vga')],
  faults: { vfio_register_group_dev: 1 },
  steps: [observe('bind', bind('A')), observe('callbacks', vgaNotify(1))],
  outcomes: [
    { when: { bind: -22, callbacks: 0 }, grade: 'acceptable', note: 'nobody is asked about it' },
    { when: { callbacks: 1 }, grade: 'forbidden', note: 'vfio is asked about a device it has freed' },
  ],
  expect: { failsThrough: 'p1' },
});
