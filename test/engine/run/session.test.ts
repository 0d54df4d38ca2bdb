// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../../../src/engine/run/run.js';
import { Session } from '../../../src/engine/run/session.js';
import type { Build } from '../../../src/toolchain/build.js';
import {
  bind,
  fail,
  load,
  lowPowerEntry,
  observe,
  open,
  pageFaultBegin,
  reset,
  type SequenceScenario,
  type Step,
  sequence,
} from '../../../subjects/vfio-pci/index.js';
import { Machinery } from '../../../subjects/vfio-pci/machinery.js';
import { build, closeToolchains, replaced } from '../../support/race.js';
import { plug, sequenceOf } from '../../support/vfio.js';

afterAll(closeToolchains);

/** A driver whose reset ioctl is broken. */
const broken = (how: string): Promise<Build> =>
  build('base', {
    mutate: (tree) => replaced(tree, 'vfio/pci/vfio_pci_reset.c', 'if (vdev->reset_works) {', `${how} {`),
  });

const usable = [load('vfio-pci'), bind('A'), open('A')];
const devices = { A: { flr: true } };
const { step: onA } = new Machinery(devices);

/** Steps until one does not return; the kinds of what was caught in that. */
async function until(session: Session, steps: readonly Step[]) {
  const run = await plug(session, devices);
  for (const step of steps) {
    const { returned, violations } = await run(step);
    if (returned === null) return violations.map(({ kind, message }) => ({ kind, message }));
    expect(returned, step.op).toBe(0);
  }
  return [];
}

async function works(session: Session): Promise<void> {
  expect(session.broken).toBe(false);
  expect(await until(session, usable)).toEqual([]);
  expect(await session.read('A.pdev.dev.power.usage_count')).toBe(1);
}

describe('a step that does not come back', () => {
  test.each([
    ['trap', 'if (__builtin_trap(), 1)', /^unreachable in vfio_pci_ioctl_reset/],
    ['hang', 'for (volatile int i = 0; !i;)', /never returned: it is running/],
  ])('a %s is a violation, and the next machine is a new one', async (kind, how, message) => {
    const session = new Session(await broken(how), { patience: 1 });
    expect(await until(session, [...usable, reset('A')])).toEqual([
      { kind, message: expect.stringMatching(message) },
    ]);
    expect(session.broken).toBe(true);
    await expect(session.step(onA(open('A')))).rejects.toThrow('renew it first');
    await expect(session.read('A.virq_disabled')).rejects.toThrow('renew it first');
    await plug(session, devices);
    await works(session);
    await session.close();
  });

  test('a wait that nobody can end is known at once, with what it waits for and where', async () => {
    const session = new Session(await build('base'));
    await until(session, [...usable, pageFaultBegin('A')]);
    const { returned, violations } = await session.step(onA(lowPowerEntry('A')));
    expect(returned).toBe(null);
    expect(violations).toMatchObject([
      { kind: 'hang', message: expect.stringMatching(/never returned: it waits for A\.memory_lock/) },
    ]);
    const functions = violations[0]!.stack.map((frame) => frame.function);
    expect(functions).toContain('down_write');
    expect(functions).toContain('vfio_pci_runtime_pm_entry');
    await plug(session, devices);
    await works(session);
    await session.close();
  });

  test('ends a sequence, ungraded, and not the ones after it', async () => {
    const build = await broken('if (__builtin_trap(), 1)');
    const session = new Session(build);
    const scenario = sequence({
      title: 'a reset that traps',
      devices,
      setup: usable,
      sequences: {
        traps: [reset('A'), observe('never', 'A.virq_disabled')],
        works: [observe('engaged', 'A.pm_runtime_engaged')],
      },
      outcomes: [{ when: { engaged: 0 }, grade: 'acceptable', note: 'got here' }],
    });
    const { runs, violations } = await on(build, session, scenario);
    expect(violations.map(({ kind, step }) => ({ kind, step }))).toEqual([{ kind: 'trap', step: 'reset A' }]);
    expect(runs.map(({ name, outcome, steps }) => [name, outcome?.note ?? null, steps.length])).toEqual([
      ['traps', null, 1],
      // What was observed, and the shutdown.
      ['works', 'got here', 2],
    ]);
    await session.close();
  });
});

describe('what cannot be carried out', () => {
  type Definition = Parameters<typeof sequenceOf>[0];
  const withChange = (change: Partial<Definition>): SequenceScenario =>
    sequenceOf({ title: 'bad', devices, setup: usable, steps: [lowPowerEntry('A')], ...change });

  test.each<[string, Partial<Definition>, string, RegExp]>([
    [
      'a step of the set-up that fails',
      { setup: [load('vfio-pci'), open('A')] },
      'E_SETUP',
      /'open A'.*-ENODEV/,
    ],
    ['an unknown field', { steps: [observe('x', 'A.virq_disable')] }, 'E_UNKNOWN_FIELD', /virq_disable/],
    ['an unknown op', { steps: [{ ...open('A'), op: 'opne' }] }, 'E_UNKNOWN_OP', /'opne'/],
    [
      'a fault of a function that cannot fail',
      { setup: [fail('pci_disable_device' as 'pci_enable_device')] },
      'E_UNKNOWN_FAULT',
      /pci_disable_device/,
    ],
  ])('%s is an error that names it', async (_, change, code, message) => {
    const base = await build('base');
    const session = new Session(base);
    const tried = on(base, session, withChange(change));
    await expect(tried).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await works(session);
    await session.close();
  });

  test('a step of the set-up that traps is an error that names it', async () => {
    const build = await broken('if (__builtin_trap(), 1)');
    const session = new Session(build);
    const tried = on(build, session, withChange({ setup: [...usable, reset('A')] }));
    await expect(tried).rejects.toMatchObject({
      code: 'E_SETUP',
      message: expect.stringMatching(/'reset A'.*did not return/),
    });
    await session.close();
  });

  test('an unknown function in faults is one that offers the nearest', async () => {
    const base = await build('base');
    const session = new Session(base);
    const faults = { vfio_register_group: 1 } as SequenceScenario['faults'] & object;
    await expect(on(base, session, withChange({ faults }))).rejects.toMatchObject({
      code: 'E_UNKNOWN_FAULT',
      message: expect.stringContaining("'vfio_register_group'"),
      advice: { hint: expect.stringContaining('vfio_register_group_dev') },
    });
    await session.close();
  });
});

function on(build: Build, session: Session, scenario: SequenceScenario) {
  return run({ name: 'bad', origin: 'bad', scenario, stage: 'base', build }, session);
}

test('code that is not optimised is run alike: nothing that it keeps below its stack pointer is lost to a hook', async () => {
  const session = new Session(await build('base', { optimize: '0' }));
  expect(await until(session, [...usable, reset('A')])).toEqual([]);
  expect(session.broken).toBe(false);
  await session.close();
});

test('a signal that came between two steps ends the next one', async () => {
  const controller = new AbortController();
  const session = new Session(await build('base'), { signal: controller.signal });
  try {
    expect(await until(session, usable)).toEqual([]);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(session.step(onA(reset('A')))).rejects.toBe(reason);
  } finally {
    await session.close();
  }
});
