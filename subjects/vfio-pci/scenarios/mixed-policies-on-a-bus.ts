// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  bind,
  close,
  fail,
  hotReset,
  load,
  observe,
  open,
  pmWork,
  type Sequence,
  sequence,
  unload,
} from 'lostbit/vfio';

const usage = [
  observe('A_usage', 'A.pdev.dev.power.usage_count'),
  observe('B_usage', 'B.pdev.dev.power.usage_count'),
] as const;
const closed = [
  observe('A_needs_reset', 'A.needs_reset'),
  observe('B_needs_reset', 'B.needs_reset'),
  ...usage,
  observe('A_suspended', pmWork('A')),
  observe('B_suspended', pmWork('B')),
] as const;

/** A may idle, B stays awake. */
const bothOpen = [
  load('variant'),
  bind('A', 'variant'),
  load('vfio-pci', 'disable_idle_d3'),
  bind('B'),
  open('A'),
  open('B'),
] as const;

/** The same the other way round: B, in use, comes first in the set, and A is asleep. */
const bOpen = [
  load('variant'),
  load('vfio-pci', 'disable_idle_d3'),
  bind('B', 'variant'),
  unload('vfio-pci'),
  load('vfio-pci'),
  bind('A', 'variant'),
  pmWork('A'),
  open('B'),
] as const;

const sequences = {
  'the one that may idle is closed last': [
    ...bothOpen,
    close('B'),
    observe('waiting', 'B.needs_reset'),
    close('A'),
    ...closed,
  ],
  'the one that stays awake is closed last': [
    ...bothOpen,
    close('A'),
    observe('waiting', 'A.needs_reset'),
    close('B'),
    ...closed,
  ],
  'hot reset of both': [...bothOpen, observe('reset', hotReset('A')), ...usage],
  'hot reset that wakes one': [...bOpen, observe('reset_asleep', hotReset('B')), ...usage],
  'hot reset that cannot wake one': [
    ...bOpen,
    fail('pm_runtime_resume'),
    observe('reset_asleep', hotReset('B')),
    ...usage,
  ],
} satisfies Record<string, Sequence<'A' | 'B'>>;

// With the policy latched, neighbours can differ. Where the whole set is woken for a reset, counts are taken from those
// that may idle and from nobody else, and only those are given back.
export default sequence({
  title: 'A device that may idle and one that stays awake share a bus that is reset',
  reference: 'fact 9',
  from: 'p1',
  devices: { A: { bus: 1 }, B: { bus: 1 } },
  sequences,
  outcomes: [
    {
      when: {
        waiting: 1,
        A_needs_reset: 0,
        B_needs_reset: 0,
        A_usage: 0,
        B_usage: 1,
        A_suspended: 1,
        B_suspended: 0,
      },
      grade: 'acceptable',
      note: 'the last close has reset both; A sleeps, B does not',
    },
    { when: { reset: 0, A_usage: 1, B_usage: 1 }, grade: 'acceptable', note: 'both in use, as before' },
    { when: { reset_asleep: 0, A_usage: 0, B_usage: 1 }, grade: 'acceptable', note: 'A may sleep again' },
    { when: { reset_asleep: -5, A_usage: 0, B_usage: 1 }, grade: 'acceptable', note: 'refused, as before' },
    { when: { A_needs_reset: 1 }, grade: 'forbidden', note: 'what the user did to A is still there' },
    { when: { B_needs_reset: 1 }, grade: 'forbidden', note: 'what the user did to B is still there' },
    { when: {}, grade: 'forbidden', note: 'the reset has left a usage count out of balance' },
  ],
  expect: 'holds',
});
