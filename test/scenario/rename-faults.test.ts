// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { withFaultsRenamed } from '../../src/scenario/rename-faults.js';
import type { Scenario } from '../../src/scenario/scenario.js';

const names = { bind: 'probe', probe: 'bind', alloc: 'kmalloc' };

const race: Scenario = {
  title: 'bind fails',
  faults: { bind: 2, request: 1 },
  setup: [{ op: 'op_bind', args: ['bind', { fault: 'alloc' }] }],
  actors: {
    bind: [{ op: 'op_bind', args: [{ fault: 'bind' }] }],
    other: { steps: [{ op: 'op_open', args: [{ fault: 'request' }] }], context: 'irq' },
  },
  observe: { alloc: { returned: 'bind', step: 0 } },
  outcomes: [{ when: { alloc: 0 }, grade: 'acceptable', note: 'alloc' }],
} as Scenario;

describe('functions that fail under another name', () => {
  test('are renamed where they are faults, at any depth, and nowhere else', () => {
    expect(withFaultsRenamed(race, names)).toEqual({
      title: 'bind fails',
      faults: { probe: 2, request: 1 },
      setup: [{ op: 'op_bind', args: ['bind', { fault: 'kmalloc' }] }],
      actors: {
        bind: [{ op: 'op_bind', args: [{ fault: 'probe' }] }],
        other: { steps: [{ op: 'op_open', args: [{ fault: 'request' }] }], context: 'irq' },
      },
      observe: { alloc: { returned: 'bind', step: 0 } },
      outcomes: [{ when: { alloc: 0 }, grade: 'acceptable', note: 'alloc' }],
    });
  });

  test('are renamed once each: two names can be exchanged', () => {
    expect(withFaultsRenamed({ title: '', steps: [], faults: { bind: 1, probe: 2 } }, names)).toEqual({
      title: '',
      steps: [],
      faults: { probe: 1, bind: 2 },
    });
  });

  test('leave the scenario that was given, and one without any, as they are', () => {
    const before = structuredClone(race);
    withFaultsRenamed(race, names);
    expect(race).toEqual(before);
    const layout: Scenario = { title: 'apart', apart: { port: ['busy'] } };
    expect(withFaultsRenamed(layout, names)).toEqual(layout);
    expect(withFaultsRenamed(layout, names)).not.toHaveProperty('faults');
    expect(withFaultsRenamed(race, {})).toEqual(race);
  });

  test('are not taken for what every object has', () => {
    const odd: Scenario = { title: '', steps: [], faults: { toString: 1, constructor: 2 } } as never;
    expect(withFaultsRenamed(odd, names)).toEqual(odd);
  });
});
