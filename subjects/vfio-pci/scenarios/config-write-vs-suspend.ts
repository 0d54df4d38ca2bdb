// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configWrite,
  load,
  lowPowerEntry,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  pmWork,
  scenario,
} from 'lostbit/vfio';

// An access keeps the device awake for as long as it lasts, so that pm_wq suspends before it or after it.
export default scenario({
  title: 'The guest masks INTx of a device that pm_wq is about to suspend',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), lowPowerEntry('A')],
  actors: {
    guest: [configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE)],
    pm_wq: [pmWork('A')],
  },
  observe: { virq_disabled: 'A.virq_disabled', engaged: 'A.pm_runtime_engaged' },
  outcomes: [
    { when: { virq_disabled: 1, engaged: 1 }, grade: 'acceptable', note: 'masked, and still in low power' },
  ],
  expect: 'holds',
});
