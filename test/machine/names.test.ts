// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeScenario, limitsOf } from '../../src/engine/encode.js';
import { accessWordOf, taskContextOf } from '../../src/engine/kernel-names.js';
import { ownLimits } from '../../src/scenario/limits.js';
import { enumerations, enumeratorOf } from '../../src/scenario/steps/names.js';
import type { FileTree } from '../../src/toolchain/types.js';
import {
  bind,
  fail,
  faultCalls,
  flagWrite,
  load,
  migStateGet,
  migStateSet,
  objectChange,
  open,
  paramWrite,
  scenario,
  unload,
} from '../../subjects/vfio-pci/index.js';
import type { Step } from '../../subjects/vfio-pci/steps.js';
import * as steps from '../../subjects/vfio-pci/steps.js';
import { OneMachine } from '../support/one-machine.js';
import { build, caseOf, closeToolchains, race, replaced } from '../support/race.js';

// A C side whose lists are in another order, and whose arrays have other bounds: nothing may depend on either.

const mig = 'include/uapi/linux/vfio.h';
/** Enums by their file; of the contexts, what is zeroed must stay the first one. */
const enums: readonly [file: string, tag: string, kept: number][] = [
  ['lab/lab.h', 'lab_module', 0],
  ['lab/lab.h', 'lab_param', 0],
  ['lab/lab.h', 'lab_flag', 0],
  ['kernel/fault.h', 'lab_fault', 0],
  ['kernel/mlx5.h', 'stub_mlx5_event', 0],
  [mig, 'vfio_device_mig_state', 0],
  ['kernel/stub.h', 'stub_context', 1],
  ['kernel/stub.h', 'stub_access', 0],
];
const bounds = {
  LAB_STEPS: [16, 12],
  LAB_SETUP_STEPS: [32, 20],
  LAB_OBSERVED: [8, 5],
  LAB_DEVICES: [8, 6],
  LAB_ARGS: [6, 7],
  LAB_NAME: [16, 12],
  LAB_OUTCOMES: [1024, 512],
} as const;

/** The enumerators the other way round, but for the first ones, and for a last one that counts them. */
function turned(tree: FileTree, file: string, tag: string, kept: number): FileTree {
  const [whole, body] = new RegExp(`enum ${tag} \\{([^}]*)\\}`).exec(tree.get(file) ?? '') ?? [];
  const bare = body?.replace(/\/\*[\s\S]*?\*\//g, '');
  const names = bare?.match(/\w+/g) ?? [];
  const counts = /S$|_NR$/.test(names.at(-1) ?? '') && tag !== 'stub_context' ? [names.at(-1)!] : [];
  const all = names.slice(kept, names.length - counts.length);
  if (whole === undefined || all.length < 2) throw new Error(`${file} has no enum ${tag}`);
  const order = [...names.slice(0, kept), ...all.reverse(), ...counts];
  return replaced(tree, file, whole, `enum ${tag} { ${order.join(', ')} }`);
}

const mutate = (tree: FileTree): FileTree => {
  const reordered = enums.reduce((changed, [file, tag, kept]) => turned(changed, file, tag, kept), tree);
  return Object.entries(bounds).reduce(
    (changed, [name, [from, to]]) =>
      replaced(changed, 'lab/lab.h', `#define ${name} ${from}\n`, `#define ${name} ${to}\n`),
    reordered,
  );
};

const devices = { A: { intx: true }, C: { mlx5: true }, F: { flags: true } } as const;

let own: OneMachine;
let other: OneMachine;

beforeAll(async () => {
  own = await OneMachine.start(await build('base'), devices);
  other = await OneMachine.start(await build('base', { mutate }), devices);
});
afterAll(async () => {
  await Promise.all([own?.stop(), other?.stop()]);
  await closeToolchains();
});

/** Runs the steps on both, which must do the same; returns what they did. */
async function both(...some: Step[]): Promise<number[]> {
  const returned = await own.runAll(some);
  expect(await other.runAll(some)).toEqual(returned);
  return returned;
}

const fields = (path: string) => [own, other].map((machine) => machine.field(path));

describe('a module with its lists in another order', () => {
  test('has them in another order', () => {
    for (const { tag } of Object.values(enumerations)) {
      const [ours, theirs] = [own, other].map(({ machine }) => machine.debugInfo.enumeration(tag));
      expect([...theirs!.keys()].sort()).toEqual([...ours!.keys()].sort());
      expect([...theirs!]).not.toEqual(expect.arrayContaining([...ours!]));
    }
  });
  test('knows every name that a step can give it', () => {
    const named = {
      module: steps.modules,
      parameter: steps.parameters,
      fault: steps.faults,
      flag: steps.bareFlags,
      migrationState: steps.migrationStates,
      adapterEvent: steps.adapterEvents,
    } satisfies Record<keyof typeof enumerations, readonly string[]>;
    for (const [of, names] of Object.entries(named)) {
      const kind = of as keyof typeof enumerations;
      const values = other.machine.debugInfo.enumeration(enumerations[kind].tag);
      expect(names.filter((name) => !values.has(enumeratorOf(kind, name)))).toEqual([]);
    }
  });
  test('loads the same modules with the same parameters', async () => {
    expect(await both(load('vfio-pci', 'disable_idle_d3', 'disable_denylist'), load('mlx5'))).toEqual([0, 0]);
    expect(await both(bind('A'), bind('C', 'mlx5'), open('A'), open('C'))).toEqual([0, 0, 0, 0]);
    expect(await both(paramWrite('disable_vga', 'Y'), unload('variant'))).toEqual([expect.any(Number), -2]);
  });
  test('fails the same function', async () => {
    const [, , , calls] = await both(
      fail('kmalloc', 1),
      load('variant'),
      fail('fget', 0),
      faultCalls('fget'),
    );
    expect(calls).toBe(0);
  });
  test('writes the same flag', async () => {
    expect(await both(flagWrite('F', 'packed.i', true), flagWrite('F', 'plain.b', true))).toEqual([0, 0]);
    for (const flag of ['packed.a', 'packed.b', 'packed.i', 'plain.a', 'plain.b'])
      expect(fields(`device[2].flags.${flag}`)).toEqual(
        flag === 'packed.i' || flag === 'plain.b' ? [1, 1] : [0, 0],
      );
  });
  test('takes a device to the same migration state', async () => {
    expect(await both(migStateSet('C', 'stop'), objectChange('C'))).toEqual([0, -2]);
    const states = [];
    for (const { machine, run } of [own, other].map((one) => ({
      ...one,
      run: one.run.bind(one),
      machine: one.machine,
    })))
      states.push(machine.enumeratorName('vfio_device_mig_state', await run(migStateGet('C'))));
    expect(states).toEqual(['VFIO_DEVICE_STATE_STOP', 'VFIO_DEVICE_STATE_STOP']);
  });
  test('is read by the same words', () => {
    for (const { machine } of [own, other]) {
      for (const context of ['process', 'irq', 'workqueue'])
        expect(
          taskContextOf(machine, machine.enumerator('stub_context', `STUB_${context.toUpperCase()}`)),
        ).toBe(context);
      for (const access of ['load', 'store', 'atomic'])
        expect(accessWordOf(machine, machine.enumerator('stub_access', `STUB_${access.toUpperCase()}`))).toBe(
          access,
        );
    }
  });
});

describe('a module with room for other numbers', () => {
  test('says how much that is, and lostbit’s own says what its header does', () => {
    expect(limitsOf(own.machine)).toEqual(ownLimits());
    expect(limitsOf(other.machine)).toEqual({
      ...ownLimits(),
      ...{ steps: 12, setup: 20, observed: 5, devices: 6, args: 7, name: 11 },
    });
  });
  test('takes no more than that', () => {
    const long = scenario({
      title: 'long',
      devices: { F: { flags: true } },
      setup: [],
      actors: {
        one: Array.from({ length: 13 }, () => flagWrite('F', 'plain.a', true)),
        two: [flagWrite('F', 'plain.b', true)],
      },
      observe: { a: 'F.plain.a' },
      outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
    });
    const flags = { ...long, actors: long.actors };
    expect(() => encodeScenario(own.machine, flags)).not.toThrow();
    expect(() => encodeScenario(other.machine, flags)).toThrow(/13 steps; an actor has 1 to 12/);
  });
  test('counts all outcomes of a race', async () => {
    const flags = scenario({
      title: 'two flags',
      devices: { F: { flags: true } },
      setup: [],
      actors: { one: [flagWrite('F', 'packed.a', true)], two: [flagWrite('F', 'packed.b', true)] },
      observe: { one: 'F.packed.a', two: 'F.packed.b' },
      outcomes: [{ when: { one: 1, two: 1 }, grade: 'acceptable', note: 'both kept' }],
    });
    const raced = await race(caseOf(flags, 'base', await build('base', { mutate })), { seconds: 0.2 });
    expect(raced.samples).toBe(raced.outcomes.reduce((sum, { count }) => sum + count, 0));
    expect(raced.outcomes.find(({ values }) => values.one === 1 && values.two === 1)).toBeDefined();
  });
});
