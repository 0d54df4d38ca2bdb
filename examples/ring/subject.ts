// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, irq, layout, op, scenario, sequence, subject } from 'lostbit';

const flags = {
  setup: [call('ring_open', '&ring', 4)],
  observe: { full: 'ring.full', stopped: 'ring.stopped' },
  outcomes: [
    { when: { full: 1, stopped: 1 }, grade: 'acceptable', note: 'both kept' },
    { when: { full: 0 }, grade: 'forbidden', note: 'written beyond its end' },
    { when: { stopped: 0 }, grade: 'forbidden', note: 'never started again' },
  ],
  expect: { failsThrough: 'base' },
} as const;

export default subject({
  title: 'ring: filled by a process, stopped by an interrupt',
  source: './ring.c',
  series: './fixes.mbox',
  scenarios: {
    'fill-vs-interrupt': scenario({
      ...flags,
      title: 'A process fills the ring while its device interrupts another CPU',
      actors: {
        filler: [op('fill', 1)],
        device: { context: 'irq', steps: [irq(7)] },
      },
    }),
    'fill-interrupted': scenario({
      ...flags,
      title: 'A process fills the ring, and its device interrupts it',
      actors: {
        filler: { cpu: 0, steps: [op('fill', 1)] },
        device: { context: 'irq', cpu: 0, steps: [irq(7)] },
      },
    }),
    'any-failure-while-opening': sequence({
      title: 'Any call fails while the ring is opened and closed',
      steps: [call('ring_open', '&ring', 4), call('ring_close', '&ring')],
      sweepFaults: true,
      expect: { failsThrough: 'p1' },
    }),
    'flags-share-no-byte': layout({
      title: 'Each flag has a byte of its own',
      apart: { ring: ['full', 'stopped'] },
      expect: { failsThrough: 'base' },
    }),
  },
});
