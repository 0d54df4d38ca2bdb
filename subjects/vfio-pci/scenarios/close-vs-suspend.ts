// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, lowPowerEntry, open, pmWork, scenario } from 'lostbit/vfio';

// The ioctls that write pm_runtime_engaged hold a usage count, so that no suspend is under way then. Closing a device
// that is in low power holds none until it has cleared the flag: a suspend may still be about to write pm_intx_masked,
// which it does after it has given memory_lock back.
export default scenario({
  title: 'A device is closed in low power while pm_wq is about to suspend it',
  devices: { A: { bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), open('A'), lowPowerEntry('A')],
  actors: {
    user: [close('A')],
    pm_wq: [pmWork('A')],
  },
  observe: {
    needs_reset: 'A.needs_reset',
    engaged: 'A.pm_runtime_engaged',
    masked: 'A.pm_intx_masked',
    usage: 'A.pdev.dev.power.usage_count',
  },
  outcomes: [
    {
      when: { needs_reset: 0, engaged: 0, masked: 0, usage: 0 },
      grade: 'acceptable',
      note: 'reset, and nobody keeps it awake',
    },
    {
      when: { engaged: 1 },
      grade: 'forbidden',
      note: 'the way out of low power is lost: the next user is refused to enter it, and cannot touch a mapped BAR',
    },
  ],
  expect: { failsThrough: 'p2' },
});
