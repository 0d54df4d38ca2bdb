// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, returned, scenario, unbind, vgaNotify } from 'lostbit/vfio';

// The arbiter calls back from whichever task has an adapter come or go. A driver may be asked until it takes its
// callback away, and not once it is gone: neither when it could not register A, nor when it leaves B.
export default scenario({
  title: 'VGA adapters come and go while one cannot be registered with vfio and another one is unbound',
  reference: 'fact 23',
  devices: { A: { vga: true, belowBridge: true }, B: { vga: true, belowBridge: true } },
  setup: [load('vfio-pci', 'disable_vga'), bind('B')],
  faults: { vfio_register_group_dev: 1 },
  actors: {
    arbiter: [vgaNotify(1), vgaNotify(0), vgaNotify(1), vgaNotify(0)],
    admin: [bind('A'), unbind('B')],
  },
  observe: {
    bound: returned('admin'),
    unbound: returned('admin', 1),
    A_callback: 'A.vga.set_decode',
    A_decodes: 'A.vga.decodes',
    B_callback: 'B.vga.set_decode',
    B_decodes: 'B.vga.decodes',
  },
  outcomes: [
    {
      when: { bound: -22, unbound: 0, A_callback: 0, A_decodes: 0xf, B_callback: 0, B_decodes: 0xf },
      grade: 'acceptable',
      note: 'the arbiter has both back as they were',
    },
    { when: { A_callback: 1 }, grade: 'forbidden', note: 'vfio will be asked about a device it has freed' },
    { when: { B_callback: 1 }, grade: 'forbidden', note: 'vfio will be asked about a device it has left' },
  ],
  expect: { failsThrough: 'p1' },
});
