// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configRead,
  configWrite,
  interrupt,
  intxEnable,
  load,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  scenario,
} from 'lostbit/vfio';

// A scenario of your own: what is lost when the device interrupts as well? Race it with
//   npx lostbit race examples/eventfd-while-masking.ts
export default scenario({
  title: 'The device interrupts while one vCPU masks INTx and another reads a BAR',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')],
  actors: {
    masker: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
    reader: [configRead('A', PCI_BASE_ADDRESS_0, 4)],
    device: [interrupt('A')],
  },
  observe: { virq_disabled: 'A.virq_disabled' },
  outcomes: [
    { when: { virq_disabled: 1 }, grade: 'acceptable', note: 'INTx stays masked' },
    { when: { virq_disabled: 0 }, grade: 'forbidden', note: 'INTx mask lost: the eventfd keeps firing' },
  ],
  expect: { failsThrough: 'p2' },
});
