// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  load,
  lowPowerEntry,
  lowPowerEntryWithWakeup,
  open,
  pmWork,
  sequence,
} from 'lostbit/vfio';

// The close wakes the device, and does not look whether that has worked. No patch of the series is about it: see
// docs/findings.md.
export default sequence({
  title: 'Any call fails while a device that is asleep is closed',
  devices: { A: { flr: true } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  sequences: {
    'entered without a wake-up': [lowPowerEntry('A'), pmWork('A'), close('A')],
    'entered with one': [lowPowerEntryWithWakeup('A'), pmWork('A'), close('A')],
  },
  sweepFaults: true,
  expect: 'fails',
});
