// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, configWrite, load, open, reset, sequence } from 'lostbit/vfio';

/** PMCSR to D3hot, and the reset of PCI Express's device control. */
const sleep = configWrite('A', 0x44, 2, 3);
const functionLevelReset = configWrite('A', 0x68, 2, 0x8000);

// Whoever resets wakes the function first, and does not look whether that has worked. No patch of the series is about
// it: see docs/findings.md.
export default sequence({
  title: 'Any call fails while a function is reset that its user has put into D3hot',
  devices: { A: { flr: true } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  sequences: {
    'by ioctl': [sleep, reset('A')],
    'by config space': [sleep, functionLevelReset],
    'on the close': [sleep, close('A')],
  },
  sweepFaults: true,
  expect: 'fails',
});
