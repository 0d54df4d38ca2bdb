// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, close, load, observe, open, type Step, sequence, unbind, unload } from 'lostbit/vfio';

// Loading vfio-pci anew is how the policy changes under the devices of other drivers.
const policy = (stayAwake: boolean): Step<never>[] => [
  unload('vfio-pci'),
  stayAwake ? load('vfio-pci', 'disable_idle_d3') : load('vfio-pci'),
];

const usage = 'A.pdev.dev.power.usage_count';

/** Named by the policy at bind, open, close and unbind: 1 where idle devices are to stay awake. */
const sequences = Object.fromEntries(
  Array.from({ length: 16 }, (_, number) => {
    const name = number.toString(2).padStart(4, '0');
    const [atBind, atOpen, atClose, atUnbind] = [...name].map((digit) => policy(digit === '1'));
    return [
      name,
      [
        ...atBind!,
        bind('A', 'variant'),
        observe('bound', usage),
        ...atOpen!,
        open('A'),
        observe('opened', usage),
        ...atClose!,
        close('A'),
        observe('closed', usage),
        ...atUnbind!,
        unbind('A'),
        observe('unbound', usage),
      ],
    ] as const;
  }),
);

export default sequence({
  title: 'disable_idle_d3 has any value when a device is bound, opened, closed and unbound',
  reference: 'fact 6',
  devices: { A: {} },
  setup: [load('vfio-pci'), load('variant')],
  sequences,
  outcomes: [
    {
      when: { bound: 0, opened: 1, closed: 0, unbound: 1 },
      grade: 'acceptable',
      note: 'may idle unless in use; balanced',
    },
    {
      when: { bound: 1, opened: 1, closed: 1, unbound: 1 },
      grade: 'acceptable',
      note: 'never idles; balanced',
    },
    {
      when: { bound: 1, opened: 2, closed: 1, unbound: 1 },
      grade: 'acceptable',
      note: 'never idles, held once more while in use; balanced',
    },
    { when: {}, grade: 'forbidden', note: 'the usage count is out of balance' },
  ],
  expect: { failsThrough: 'base' },
});
