// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  configRead,
  configWrite,
  doorbell,
  hotResetInfo,
  ioeventfd,
  load,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  PCI_COMMAND_MEMORY,
  regionRead,
  sequence,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
} from 'lostbit/vfio';

const command = configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MEMORY);

export default sequence({
  title: 'Any call fails while a device’s regions are read and written',
  devices: { A: { vga: true, intx: true, bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  sequences: {
    'config space': [configRead('A', 0, 4), command, hotResetInfo('A')],
    memory: [regionRead('A', 0, 0, 4), regionRead('A', VFIO_PCI_ROM_REGION_INDEX, 0, 4)],
    'VGA ranges': [
      regionRead('A', VFIO_PCI_VGA_REGION_INDEX, 0xa0000, 4),
      regionRead('A', VFIO_PCI_VGA_REGION_INDEX, 0x3c0, 1),
    ],
    doorbells: [
      ioeventfd('A', 0, 0, 4, 1),
      ioeventfd('A', 0, 4, 4, 1),
      doorbell('A'),
      ioeventfd('A', 0, 0, 4, 1, { fd: -1 }),
      close('A'),
    ],
  },
  sweepFaults: true,
  expect: 'holds',
});
