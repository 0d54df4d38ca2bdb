// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, pmWork, sequence, unload } from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

// A device that stays awake is opened without taking a count, which closing then gives back all the same.
export default sequence({
  title: "vfio-pci is loaded without disable_idle_d3 while a variant driver's device is open",
  reference: 'fact 4',
  devices: { A: {} },
  setup: [load('vfio-pci', 'disable_idle_d3'), load('variant'), bind('A', 'variant')],
  steps: [
    observe('bound', usage),
    open('A'),
    unload('vfio-pci'),
    load('vfio-pci'),
    close('A'),
    observe('closed', usage),
    observe('suspended', pmWork('A')),
  ],
  outcomes: [
    { when: { bound: 1, closed: 1, suspended: 0 }, grade: 'acceptable', note: 'it stays awake' },
    { when: { bound: 0, closed: 0, suspended: 1 }, grade: 'acceptable', note: 'it was never to stay awake' },
    { when: { bound: 1, closed: 0 }, grade: 'forbidden', note: 'it sleeps though it was to stay awake' },
  ],
  expect: { failsThrough: 'base' },
});
