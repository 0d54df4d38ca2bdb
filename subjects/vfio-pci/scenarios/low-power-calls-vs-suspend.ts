// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  interrupt,
  intxEnable,
  load,
  lowPowerEntry,
  lowPowerExit,
  open,
  pmWork,
  returned,
  scenario,
} from 'lostbit/vfio';

// A control. Every ioctl holds a usage count of its own, so that the worker finds the device idle between two of them
// or not at all. What suspending writes (pm_intx_masked) and what the ioctls write (pm_runtime_engaged) is never
// written at the same time; resuming unmasks the interrupt again.
export default scenario({
  title: 'pm_wq suspends a device whose user enters low power and leaves it',
  reference: 'fact 27',
  devices: { A: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')],
  actors: {
    user: [lowPowerEntry('A'), lowPowerExit('A'), interrupt('A')],
    pm_wq: [pmWork('A')],
  },
  observe: {
    entry: returned('user'),
    exit: returned('user', 1),
    signals: returned('user', 2),
    suspended: returned('pm_wq'),
    engaged: 'A.pm_runtime_engaged',
    usage: 'A.pdev.dev.power.usage_count',
    status: 'A.pdev.dev.power.runtime_status',
    state: 'A.pdev.current_state',
  },
  outcomes: [
    {
      when: { entry: 0, exit: 0, signals: 1, engaged: 0, usage: 1, status: 0, state: 0 },
      grade: 'acceptable',
      note: 'its user has it back, awake',
    },
    { when: { engaged: 1 }, grade: 'forbidden', note: 'exit lost: the next entry is refused' },
    { when: { signals: 0 }, grade: 'forbidden', note: 'INTx stays masked: a dead interrupt' },
    { when: { usage: 0 }, grade: 'forbidden', note: 'in use, and nothing keeps it awake' },
    { when: { status: 2 }, grade: 'forbidden', note: 'in use, and suspended' },
  ],
  expect: 'holds',
});
