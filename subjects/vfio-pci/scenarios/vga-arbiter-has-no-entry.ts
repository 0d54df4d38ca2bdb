// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, sequence } from 'lostbit/vfio';

// Where the arbiter refuses the client there is none to take back. The token for virtual functions was made before
// and has to go; the next bind makes another.
export default sequence({
  title: 'The VGA arbiter does not know the adapter that is bound',
  reference: 'fact 22',
  devices: { A: { vga: true, belowBridge: true, vfs: 4 } },
  setup: [load('vfio-pci', 'disable_vga')],
  faults: { vga_client_register: 1 },
  steps: [
    observe('bind', bind('A')),
    observe('unregistered', 'A.vga.unregistered'),
    observe('decodes', 'A.vga.decodes'),
    observe('usage', 'A.pdev.dev.power.usage_count'),
    observe('again', bind('A')),
  ],
  outcomes: [
    {
      when: { bind: -19, unregistered: 0, decodes: 0xf, usage: 1, again: 0 },
      grade: 'acceptable',
      note: 'refused, nothing taken back that was not given',
    },
    {
      when: { unregistered: 1 },
      grade: 'forbidden',
      note: "somebody else's client may have been taken away",
    },
    {
      when: { decodes: 0xc },
      grade: 'forbidden',
      note: 'legacy ranges lost without a driver to answer for it',
    },
  ],
  expect: 'holds',
});
