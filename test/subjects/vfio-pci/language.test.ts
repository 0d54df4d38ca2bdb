// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { checkScenario } from '../../../src/scenario/check.js';
import { isLayout } from '../../../src/scenario/scenario.js';
import { embedded } from '../../../subjects/index.js';
import {
  configRead,
  fail,
  load,
  observe,
  open,
  reset,
  returned,
  scenario,
  sequence,
  work,
} from '../../../subjects/vfio-pci/index.js';

const race = {
  title: 'two read',
  devices: {
    A: { intx: true, noSoftReset: true, msix: 4, vga: false, vfs: 0 },
    B: { mlx5: true, vga: true },
  },
  setup: [load('vfio-pci'), open('B')],
  actors: {
    one: [configRead('A', 0, 4), work()],
    two: { context: 'softirq', cpu: 1, steps: [reset('B')] },
  },
  observe: { x: 'A.irq_type', y: returned('one') },
  exclusive: ['B.mdev_detach'],
  outcomes: [{ when: { x: 1 }, grade: 'acceptable', note: 'fine' }],
} as const;

describe('in the general language', () => {
  test('a race has its devices as values of the C’s variables, and as names', () => {
    const general = scenario(race);
    expect(general).toEqual({
      title: 'two read',
      given: {
        'specs[0].present': 1,
        'specs[0].intx': 1,
        'specs[0].no_soft_reset': 1,
        'specs[0].msix': 4,
        'specs[1].present': 1,
        'specs[1].mlx5': 1,
        'specs[1].vga': 1,
      },
      names: {
        A: 'slots[0].vdev',
        'A.vdev.dev_set': 'slots[0].vdev.vdev.dev_set',
        'A.pdev': 'slots[0].pdev',
        B: { path: 'slots[1].vdev', as: 'mlx5vf_pci_core_device' },
        'B.vdev.dev_set': 'slots[1].vdev.vdev.dev_set',
        'B.mdev': { path: 'slots[1].pdev.physfn.dev.driver_data', as: 'mlx5_core_dev' },
        'B.pdev': 'slots[1].pdev',
        'B.vga': 'slots[1].vga',
      },
      setup: [load('vfio-pci'), { op: 'open', args: [{ shown: 'B', is: 1 }] }],
      actors: {
        one: [{ op: 'config_read', args: [{ shown: 'A', is: 0 }, 0, 4] }, work()],
        two: { context: 'softirq', cpu: 1, steps: [{ op: 'reset', args: [{ shown: 'B', is: 1 }] }] },
      },
      observe: { x: 'A.irq_type', y: { returned: 'one', step: 0 } },
      exclusive: ['B.mdev_detach'],
      outcomes: race.outcomes,
    });
    // The names' order is what objects go by that several of them lead to.
    expect(Object.keys(general.names!)).toEqual([
      ...['A', 'A.vdev.dev_set', 'A.pdev'],
      ...['B', 'B.vdev.dev_set', 'B.mdev', 'B.pdev', 'B.vga'],
    ]);
    expect(() => checkScenario(general, 'here')).not.toThrow();
  });

  test('a sequence has its steps, observed or not, each with its device', () => {
    const items = [fail('kmalloc'), open('A'), observe('x', 'A.irq_type'), observe('y', reset('A'))];
    const general = sequence({
      title: 'in order',
      devices: { A: {} },
      steps: items,
      sequences: { again: [open('A')] },
    });
    const a = { shown: 'A', is: 0 };
    expect(general.steps).toEqual([
      fail('kmalloc'),
      { op: 'open', args: [a] },
      { name: 'x', what: 'A.irq_type' },
      { name: 'y', what: { op: 'reset', args: [a] } },
    ]);
    expect(general.sequences).toEqual({ again: [{ op: 'open', args: [a] }] });
    expect(() => checkScenario(general, 'here')).not.toThrow();
  });

  test.each(Object.entries(embedded))('%s: every scenario is well formed', (_, { scenarios }) => {
    for (const [name, one] of Object.entries(scenarios)) {
      expect(checkScenario(one, name).title).toBe(one.title);
      if (!isLayout(one)) expect(one).not.toHaveProperty('devices');
    }
  });
});

/** What `scenario()` or the check of what comes out says. */
function refused(change: object): string {
  try {
    checkScenario(scenario({ ...race, ...change } as never), 'here');
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_BAD_SCENARIO' });
    return (error as Error).message;
  }
  return 'nothing';
}

describe('what no compiler has seen is refused', () => {
  const many = Object.fromEntries(Array.from('ABCDEFGHI', (name) => [name, {}]));

  test('nothing in a good one', () => {
    expect(refused({})).toBe('nothing');
  });
  test.each<[string, object, string]>([
    ['nine devices', { devices: many }, '9 devices; a scenario has 1 to 8'],
    ['no devices', { devices: {} }, '0 devices; a scenario has 1 to 8'],
    ['devices left out', { devices: undefined }, 'expected record, received undefined\n  → at devices'],
    ['a name that is none', { devices: { 'nic-0': {} } }, "'nic-0' in devices is not a valid name"],
    [
      'a name of JavaScript’s',
      { devices: JSON.parse('{"A":{},"B":{},"__proto__":{}}') },
      "'__proto__' in devices is not a valid name",
    ],
    ['a device that is none', { devices: { A: 1, B: {} } }, 'received number\n  → at devices.A'],
    [
      'a property of another type',
      { devices: { A: { intx: 'yes' }, B: {} } },
      'expected boolean, received string',
    ],
    ['an unknown property', { devices: { A: { intX: true }, B: {} } }, 'Unrecognized key: "intX"'],
    ['a bus out of range', { devices: { A: { bus: 256 }, B: {} } }, 'at devices.A.bus'],
    ['a step on an unknown device', { setup: [open('C')] }, "unknown device of a step 'open': 'C'"],
    ['an actor’s', { actors: { one: [open('C')], two: [] } }, "unknown device of a step 'open': 'C'"],
    [
      'one whose context is given',
      { actors: { one: { steps: [open('C')] }, two: [] } },
      "unknown device of a step 'open': 'C'",
    ],
    ['a step without its device', { setup: [open(undefined as never)] }, "a step 'open' needs a device"],
    ['a path of an unknown device', { observe: { x: 'C.irq_type' } }, "unknown device in observe.x 'C'"],
    [
      'a path without one',
      { observe: { x: 'irq_type' } },
      "'irq_type' in observe.x is not a field of a device",
    ],
    ['an exclusive one', { exclusive: ['C.irq_type'] }, "unknown device in exclusive: 'C'"],
    ['what is not even a list', { setup: 7 }, '→ at setup'],
    ['what is not even an actor', { actors: { one: 7, two: null } }, '→ at actors.one'],
    ['what is not even a step', { actors: { one: [7, null], two: ['open A'] } }, '→ at actors.one'],
    ['actors that are none', { actors: 7 }, '→ at actors'],
    ['an unknown key', { expects: 'holds' }, "unknown key 'expects': did you mean 'expect'?"],
    ['text that would move the cursor', { setup: [open('\u001b[2J')] }, "'\\x1b[2J'"],
  ])('%s', (_, change, message) => {
    expect(refused(change)).toContain(message);
  });

  test('with the nearest device', () => {
    expect(() => scenario({ ...race, setup: [open('b')] } as never)).toThrow(
      expect.objectContaining({ advice: { hint: "did you mean 'B' or 'A'?" } }),
    );
  });

  test.each([
    ['a step', { steps: [open('B')] }, "unknown device of a step 'open': 'B'"],
    ['an observed step', { steps: [observe('x', open('B'))] }, "unknown device of a step 'open': 'B'"],
    ['an observed path', { steps: [observe('x', 'B.irq_type')] }, "unknown device in 'x' 'B'"],
    ['a step of one of several', { sequences: { one: [open('B')] } }, "unknown device of a step 'open': 'B'"],
  ])('in a sequence: %s', (_, change, message) => {
    const definition = { title: 'in order', devices: { A: {} }, ...change };
    expect(() => sequence(definition as never)).toThrow(
      expect.objectContaining({ code: 'E_BAD_SCENARIO', message: expect.stringContaining(message) }),
    );
  });
});
