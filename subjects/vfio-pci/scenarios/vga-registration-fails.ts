// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, observe, type ParameterName, sequence, vgaDecodes } from 'lostbit/vfio';

/** VGA_RSRC_NORMAL_IO | VGA_RSRC_NORMAL_MEM, and these with the legacy ranges. */
const normal = 0xc;
const all = 0xf;

const fails = (...policy: ParameterName[]) =>
  [
    load('vfio-pci', ...policy),
    observe('bind', bind('A')),
    observe('callback', 'A.vga.set_decode'),
    observe('decodes', 'A.vga.decodes'),
    observe('usage', 'A.pdev.dev.power.usage_count'),
    observe('written', vgaDecodes('A', normal)),
  ] as const;

// By the time that a device cannot be registered, the VGA arbiter has been given a callback for it, and been told that
// legacy ranges are not for it. A user's write to the arbiter counts only where no driver answers for the adapter.
export default sequence({
  title: 'A VGA adapter cannot be registered with vfio',
  reference: 'fact 18',
  devices: { A: { vga: true, belowBridge: true } },
  faults: { vfio_register_group_dev: 1 },
  sequences: { 'legacy ranges denied': fails('disable_vga'), 'legacy ranges allowed': fails() },
  outcomes: [
    {
      when: { bind: -22, callback: 0, decodes: all, usage: 1, written: normal },
      grade: 'acceptable',
      note: 'the arbiter has the adapter back as it was',
    },
    {
      when: { callback: 1, decodes: normal },
      grade: 'forbidden',
      note: 'callback left behind; legacy ranges lost to whoever comes next',
    },
    { when: { callback: 1 }, grade: 'forbidden', note: "callback left behind; users' writes are ignored" },
    { when: { decodes: normal }, grade: 'forbidden', note: 'legacy ranges lost to whoever comes next' },
  ],
  expect: { failsThrough: 'p1' },
});
