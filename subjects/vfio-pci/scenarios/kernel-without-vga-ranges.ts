// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, type ModuleName, observe, open, regionInfo, regionRead, sequence } from 'lostbit/vfio';

/** VFIO_PCI_VGA_REGION_INDEX, and an address in it. */
const region = 8;
const frameBuffer = 0xa_0000;

const opened = (module: ModuleName) =>
  [
    load(module),
    bind('A', module),
    open('A'),
    observe('has_vga', 'A.has_vga'),
    observe('info', regionInfo('A', region)),
    observe('read', regionRead('A', region, frameBuffer, 1)),
    observe('decodes', 'A.vga.decodes'),
  ] as const;

// Without the option nobody is offered the legacy ranges, whichever driver makes the device and whatever it says.
export default sequence({
  title: 'A VGA adapter is opened on a kernel without VFIO_PCI_VGA',
  reference: 'fact 42',
  devices: { A: { vga: true, belowBridge: true } },
  config: { CONFIG_VFIO_PCI_VGA: false },
  sequences: { 'vfio-pci': opened('vfio-pci'), variant: opened('variant') },
  outcomes: [
    { when: { has_vga: 0, info: -22, read: -22, decodes: 0xc }, grade: 'acceptable', note: 'no VGA region' },
    { when: {}, grade: 'forbidden', note: 'ranges that the kernel was built to keep from users' },
  ],
  expect: 'holds',
});
