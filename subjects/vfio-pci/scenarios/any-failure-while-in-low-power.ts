// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  configRead,
  intxEnable,
  load,
  lowPowerEntry,
  lowPowerEntryWithWakeup,
  lowPowerExit,
  open,
  PCI_COMMAND,
  pmWork,
  sequence,
} from 'lostbit/vfio';

const read = configRead('A', PCI_COMMAND, 2);

export default sequence({
  title: 'Any call fails while a device enters and leaves low power',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')],
  sequences: {
    'until its user says so': [lowPowerEntry('A'), pmWork('A'), read, lowPowerExit('A')],
    'until it is woken': [lowPowerEntryWithWakeup('A'), pmWork('A'), read],
  },
  sweepFaults: true,
  expect: 'holds',
});
