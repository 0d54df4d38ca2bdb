// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, load, lowPowerEntry, lowPowerExit, observe, open, pmWork, sequence } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

// Low power entry gives up the count that opening took. Where opening took none, the one it drops is that of the
// ioctl it runs in, which then drops one more.
export default sequence({
  title: 'A device of a variant driver, opened after a reload of vfio-pci, enters low power and leaves it',
  reference: 'fact 7',
  devices: { A: {} },
  setup: [load('variant'), bind('A', 'variant')],
  steps: [
    load('vfio-pci', 'disable_idle_d3'),
    open('A'),
    observe('opened', usage),
    observe('entry', lowPowerEntry('A')),
    observe('engaged', usage),
    observe('suspended', pmWork('A')),
    observe('exit', lowPowerExit('A')),
    observe('left', usage),
  ],
  outcomes: [
    {
      when: { opened: 1, entry: 0, engaged: 0, suspended: 1, exit: 0, left: 1 },
      grade: 'acceptable',
      note: 'its user lets it sleep, and takes it back',
    },
    { when: { opened: 0 }, grade: 'forbidden', note: 'there is no count for the entry to give up' },
  ],
  expect: { failsThrough: 'base' },
});
