// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeScenario, limitsOf } from '../../src/engine/encode.js';
import { accessWordOf, taskContextOf } from '../../src/engine/kernel-names.js';
import { ownLimits } from '../../src/scenario/limits.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { twoFlags } from '../../subjects/bare-flags/scenarios.js';
import { bareFlags, flagWrite } from '../../subjects/bare-flags/steps.js';
import {
  bind,
  fail,
  faultCalls,
  load,
  migStateGet,
  migStateSet,
  objectChange,
  open,
  paramWrite,
  type Step,
  unload,
} from '../../subjects/vfio-pci/index.js';
import { Actors } from '../support/actors.js';
import { flagsBuild } from '../support/flags.js';
import { OneMachine } from '../support/one-machine.js';
import { build, caseOf, closeToolchains, race, replaced } from '../support/race.js';

// A C side whose lists are in another order, and whose arrays have other bounds: nothing may depend on either.

const slots = 'subjects/vfio-pci/ops/slots.h';
/** Enums by their file; of the contexts, what is zeroed must stay the first one. */
const ofVfio: readonly Enum[] = [
  [slots, 'slot_module', 0],
  [slots, 'slot_param', 0],
  ['subjects/vfio-pci/excerpt/mlx5.h', 'stub_mlx5_event', 0],
  ['include/uapi/linux/vfio.h', 'vfio_device_mig_state', 0],
];
const ofKernel: readonly Enum[] = [
  ['kernel/stub.h', 'stub_context', 1],
  ['kernel/stub.h', 'stub_access', 0],
];
type Enum = readonly [file: string, tag: string, kept: number];

const bounds = {
  LAB_STEPS: [16, 12],
  LAB_SETUP_STEPS: [32, 20],
  LAB_OBSERVED: [8, 5],
  LAB_NAME: [16, 12],
  LAB_OUTCOMES: [1024, 512],
} as const;

/** The enumerators the other way round, but for the first ones, and for a last one that counts them. */
function turned(tree: FileTree, file: string, tag: string, kept: number): FileTree {
  const [whole, body] = new RegExp(`enum ${tag} \\{([^}]*)\\}`).exec(tree.get(file) ?? '') ?? [];
  const bare = body?.replace(/\/\*[\s\S]*?\*\/|^#.*$/gm, '');
  const names = bare?.match(/\w+/g) ?? [];
  const counts = /S$|_NR$/.test(names.at(-1) ?? '') && tag !== 'stub_context' ? [names.at(-1)!] : [];
  const all = names.slice(kept, names.length - counts.length);
  if (whole === undefined || all.length < 2) throw new Error(`${file} has no enum ${tag}`);
  const order = [...names.slice(0, kept), ...all.reverse(), ...counts];
  return replaced(tree, file, whole, `enum ${tag} { ${order.join(', ')} }`);
}

const mutant = (enums: readonly Enum[]) => (tree: FileTree) => {
  const reordered = enums.reduce((changed, [file, tag, kept]) => turned(changed, file, tag, kept), tree);
  return Object.entries(bounds).reduce(
    (changed, [name, [from, to]]) =>
      replaced(changed, 'lab/lab.h', `#define ${name} ${from}\n`, `#define ${name} ${to}\n`),
    reordered,
  );
};
const mutate = mutant([...ofVfio, ...ofKernel]);
const mutateFlags = mutant([['subjects/bare-flags/flags.c', 'flag', 0], ...ofKernel]);

const devices = { A: { intx: true }, C: { mlx5: true } } as const;

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

describe('a module with its lists in another order', () => {
  test('has them in another order', () => {
    for (const [, tag] of ofVfio) {
      const [ours, theirs] = [own, other].map(({ machine }) => machine.debugInfo.enumeration(tag));
      expect([...theirs!.keys()].sort()).toEqual([...ours!.keys()].sort());
      expect([...theirs!]).not.toEqual(expect.arrayContaining([...ours!]));
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
    const flags = {
      ...twoFlags('packed.a', 'packed.b'),
      actors: { one: [flagWrite('packed.i', true)], two: [flagWrite('plain.b', true)] },
      observe: Object.fromEntries(bareFlags.map((flag) => [flag, flag])),
    };
    for (const variant of [{}, { mutate: mutateFlags }]) {
      const actors = await Actors.start(await flagsBuild(variant), flags);
      await actors.inOrder(0, 1);
      expect(await actors.observe()).toEqual({
        ...{ 'packed.a': 0, 'packed.b': 0, 'packed.i': 1, 'plain.a': 0, 'plain.b': 1 },
      });
      await actors.stop();
    }
  });
  test('takes a device to the same migration state', async () => {
    expect(await both(migStateSet('C', 'stop'), objectChange('C'))).toEqual([0, -2]);
    const states = [];
    for (const one of [own, other])
      states.push(one.machine.enumeratorName('vfio_device_mig_state', await one.run(migStateGet('C'))));
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
      ...{ steps: 12, setup: 20, observed: 5, name: 11 },
    });
  });
  test('takes no more than that', () => {
    const opens = new Array(13).fill({ op: 'vga_notify', args: [0] });
    const long = {
      title: 'long',
      actors: { one: opens, two: opens.slice(0, 1) },
      observe: { slots: 'slots[0].vdev' },
      outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
    } as const;
    expect(() => encodeScenario(own.machine, long)).not.toThrow();
    expect(() => encodeScenario(other.machine, long)).toThrow(/13 steps; an actor has 1 to 12/);
  });
  test('counts all outcomes of a race', async () => {
    const flags = twoFlags('packed.a', 'packed.b');
    const mutated = await flagsBuild({ mutate: mutateFlags });
    const raced = await race(caseOf(flags, 'base', mutated), { seconds: 0.2 });
    expect(raced.samples).toBe(raced.outcomes.reduce((sum, { count }) => sum + count, 0));
    expect(raced.outcomes.find(({ values }) => values.one === 1 && values.two === 1)).toBeDefined();
  });
});
