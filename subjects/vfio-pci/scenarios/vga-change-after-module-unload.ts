// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, sequence, unload, vgaNotify } from 'lostbit/vfio';

// The callback holds no reference on the module that it leads into.
export default sequence({
  title: 'A VGA adapter is plugged in after one could not be registered and vfio was unloaded',
  reference: 'fact 20',
  devices: { A: { vga: true, belowBridge: true } },
  setup: [load('vfio-pci', 'disable_vga')],
  faults: { vfio_register_group_dev: 1 },
  steps: [
    observe('bind', bind('A')),
    observe('unload', unload('vfio-pci')),
    observe('callbacks', vgaNotify(1)),
  ],
  outcomes: [
    { when: { bind: -22, unload: 0, callbacks: 0 }, grade: 'acceptable', note: 'nobody is asked about it' },
    { when: { callbacks: 1 }, grade: 'forbidden', note: 'the arbiter calls code that is no longer there' },
  ],
  expect: { failsThrough: 'p1' },
});
