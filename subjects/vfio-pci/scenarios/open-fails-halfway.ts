// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  type FaultName,
  fail,
  load,
  observe,
  open,
  type ParameterName,
  sequence,
} from 'lostbit/vfio';

const usage = 'A.pdev.dev.power.usage_count';

const failing = (what: FaultName, ...policy: ParameterName[]) =>
  [
    load('vfio-pci', ...policy),
    bind('A'),
    observe('bound', usage),
    fail(what),
    observe('opened', open('A')),
    observe('usage', usage),
    observe('enabled', 'A.pdev.enable_cnt.counter'),
    observe('again', open('A')),
    observe('used', usage),
    close('A'),
    observe('closed', usage),
  ] as const;

// Opening wakes the device, enables it and resets it; what fails takes back what went before.
export default sequence({
  title: 'Opening a device fails once it is awake, and succeeds the next time',
  reference: 'fact 15',
  devices: { A: { flr: true } },
  sequences: {
    'not enabled': failing('pci_enable_device'),
    'not enabled and never idle': failing('pci_enable_device', 'disable_idle_d3'),
    'not reset': failing('pci_try_reset_function'),
    'not reset and never idle': failing('pci_try_reset_function', 'disable_idle_d3'),
  },
  outcomes: [
    ...[-5, -11].flatMap((opened) => [
      {
        when: { opened, enabled: 0, bound: 0, usage: 0, again: 0, used: 1, closed: 0 },
        grade: 'acceptable' as const,
        note: 'refused, may idle, and usable later',
      },
      {
        when: { opened, enabled: 0, bound: 1, usage: 1, again: 0, used: 1, closed: 1 },
        grade: 'acceptable' as const,
        note: 'refused, still awake, and usable later',
      },
    ]),
    { when: { opened: 0 }, grade: 'forbidden', note: 'the failure went unnoticed' },
    { when: { enabled: 1 }, grade: 'forbidden', note: 'the function is left enabled, with no user' },
    { when: {}, grade: 'forbidden', note: 'the failed open has left the usage count out of balance' },
  ],
  expect: 'holds',
});
