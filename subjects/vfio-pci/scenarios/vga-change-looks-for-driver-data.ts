// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, sequence, vgaNotify } from 'lostbit/vfio';

// With the last patch the callback looks into the driver's data for the policy. Patch 2 is what keeps it from being
// called where there is none: without that a stale callback is no longer benign. A second adapter, bound as it should
// be, is asked.
export default sequence({
  title: 'The VGA arbiter asks about all adapters, one of which could not be registered with vfio',
  reference: 'fact 21',
  from: 'p5',
  devices: { A: { vga: true, belowBridge: true }, B: { vga: true, belowBridge: true } },
  setup: [load('vfio-pci', 'disable_vga'), bind('B')],
  faults: { vfio_register_group_dev: 1 },
  steps: [
    observe('bind', bind('A')),
    observe('callbacks', vgaNotify(0)),
    observe('A_decodes', 'A.vga.decodes'),
    observe('B_decodes', 'B.vga.decodes'),
  ],
  outcomes: [
    {
      when: { bind: -22, callbacks: 1, A_decodes: 0xf, B_decodes: 0xc },
      grade: 'acceptable',
      note: 'only of the bound one, which leaves the legacy ranges to others',
    },
    { when: { callbacks: 2 }, grade: 'forbidden', note: 'driver data is read where there is none' },
    { when: { B_decodes: 0xf }, grade: 'forbidden', note: 'legacy ranges for a device told to do without' },
  ],
  expect: 'holds',
});
