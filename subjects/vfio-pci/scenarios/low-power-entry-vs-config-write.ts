// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configRead,
  configWrite,
  intxEnable,
  load,
  lowPowerEntry,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
  scenario,
} from 'lostbit/vfio';

// pm_runtime_engaged lies in the byte behind virq_disabled and bardirty, in the same run of bit-fields: a
// compiler that works byte by byte keeps them apart, one that takes the run as a whole does not.
export default scenario({
  title: 'The VMM enters low power while a vCPU masks INTx and writes a BAR',
  reference: 'fact 28',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A'), configRead('A', PCI_BASE_ADDRESS_0, 4)],
  actors: {
    sleeper: [lowPowerEntry('A')],
    guest: [
      configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE),
      configWrite('A', PCI_BASE_ADDRESS_0, 4, 0xe000_0000),
    ],
  },
  observe: {
    virq_disabled: 'A.virq_disabled',
    bardirty: 'A.bardirty',
    pm_runtime_engaged: 'A.pm_runtime_engaged',
  },
  outcomes: [
    {
      when: { virq_disabled: 1, bardirty: 1, pm_runtime_engaged: 1 },
      grade: 'acceptable',
      note: 'all updates kept',
    },
    { when: { virq_disabled: 0 }, grade: 'forbidden', note: 'INTx mask lost: the eventfd keeps firing' },
    { when: { bardirty: 0 }, grade: 'forbidden', note: 'BAR write lost: sizing reads return raw values' },
    {
      when: { pm_runtime_engaged: 0 },
      grade: 'forbidden',
      note: 'low power entry lost: EXIT will not take the usage count back',
    },
  ],
  expect: { fine: 'holds', wide: { failsThrough: 'p2' } },
});
