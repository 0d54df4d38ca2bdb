// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ofEngine, type Violation } from '../../src/engine/engine.js';
import type { DataRace, RaceSide } from '../../src/engine/interleaving.js';
import { fingerprintOf, raceFingerprint } from '../../src/verify/fingerprint.js';
import { cellsOf, verify } from '../../src/verify/verify.js';
import { flag, lostBarWrite } from '../report/executions.js';
import { build, closeToolchains, type Variant } from '../support/race.js';
import { selected } from '../support/selected.js';

afterAll(closeToolchains);

const call = (name: string, file: string, line: number) => ({ function: name, file, line });
const violation: Violation = {
  kind: 'use-after-free',
  message: "memory was used after it was freed (a load of 4 bytes), by 'logger'",
  object: 'A.tracker.ring[0]',
  task: 'logger',
  context: 'process',
  stack: [
    call('check_access', 'kernel/check.c', 20),
    call('destroy_qp', 'vfio/pci/mlx5/cmd.c', 344),
    call('stop_tracker', 'vfio/pci/mlx5/cmd.c', 512),
    call('lab_run_step', 'lab/instance.c', 66),
  ],
  count: 1,
};
const [check, destroy, stop, step] = violation.stack as [...Violation['stack'][number][]];
const of = (change: Partial<Violation>) => fingerprintOf({ ...violation, ...change });

describe('a violation has the same fingerprint', () => {
  test.each<[string, Partial<Violation>]>([
    ['at other lines', { stack: violation.stack.map((frame) => ({ ...frame, line: 1 })) }],
    ['where callers are inlined', { stack: [destroy!, step!] }],
    ['where the stub kernel is another', { stack: [call('check', 'kernel/core/check.c', 1), destroy!] }],
    ['where an op stands in front', { stack: [call('op_x', 'subjects/x/ops.c', 1), destroy!] }],
    ['in a copy that the compiler made', { stack: [{ ...destroy!, function: 'destroy_qp.specialized.1' }] }],
    ['of another element', { object: 'A.tracker.ring[12]' }],
    ['by another task', { task: 'user', message: 'something else', context: 'irq' }],
    ['however often, in whichever step', { count: 12, step: 'open A' }],
  ])('%s', (_, change) => {
    expect(of(change)).toBe(of({}));
    expect(of({})).toMatch(/^[0-9a-f]{16}$/);
  });

  test('of memory that only its origin names, whatever its size and place', () => {
    const at = (object: string) => of({ object });
    expect(at('[72 bytes allocated in get_tracker]+0x8')).toBe(at('[64 bytes allocated in get_tracker]'));
    expect(at('0x5c0710')).toBe(at('0x5c1710'));
    expect(at('A.irq1')).not.toBe(at('A.irq2'));
  });

  test('of a breach, whoever comes second', () => {
    const breach = (stack: Violation['stack']) => of({ kind: 'not-exclusive', object: 'A.busy', stack });
    expect(breach([destroy!])).toBe(breach([stop!]));
  });
});

describe('a violation has another fingerprint', () => {
  test.each<[string, Partial<Violation>]>([
    ['of another kind', { kind: 'double-free' }],
    ['in another function', { stack: [check!, stop!] }],
    ['of another object', { object: 'A.tracker.cq' }],
    ['of no object', { object: null }],
    ['without a place in the driver', { stack: [check!, step!] }],
  ])('%s', (_, change) => {
    expect(of(change)).not.toBe(of({}));
  });

  test('where nothing but its message tells it from others', () => {
    const deadlock = (message: string) => fingerprintOf({ ...ofEngine, kind: 'deadlock', message });
    expect(deadlock("'a' waits for A.igate")).not.toBe(deadlock("'a' waits for A.memory_lock"));
    expect(deadlock("'a' waits for 0x1234")).toBe(deadlock("'a' waits for 0x5678"));
  });
});

test('a data race has one, whichever side comes first and however wide it is', () => {
  const side = (name: 'virq_disabled' | 'bardirty', change: Partial<RaceSide> = {}): RaceSide => ({
    ...flag(name, { stack: lostBarWrite.accesses[name === 'bardirty' ? 8 : 10]!.stack }),
    task: name,
    ...change,
  });
  const race = (...sides: [RaceSide, RaceSide]) => raceFingerprint({ sides } satisfies Partial<DataRace>);
  const one = race(side('virq_disabled'), side('bardirty'));
  expect(race(side('bardirty'), side('virq_disabled'))).toBe(one);
  expect(race(side('virq_disabled', { bytes: 4, kind: 'store' }), side('bardirty'))).toBe(one);
  expect(race(side('virq_disabled'), side('virq_disabled'))).not.toBe(one);
});

describe('what is found in a driver', () => {
  const scenarios = ['log-stop-vs-reset', 'dirty-page-report-vs-qp-error', 'vga-registration-fails'];

  /** Fingerprints, by scenario, rule and object. */
  async function found(stage: string, variant: Variant = {}): Promise<Map<string, string>> {
    const module = await build(stage, variant);
    const results = await verify(
      cellsOf(
        scenarios.map((name) => selected(name)),
        [stage],
      ),
      () => module,
      { budget: 30 },
    );
    return new Map(
      results.flatMap(({ scenario, violations }) =>
        violations.map(
          ({ rule, object, fingerprint }) => [`${scenario.name} ${rule} ${object}`, fingerprint] as const,
        ),
      ),
    );
  }

  let base: ReadonlyMap<string, string>;
  beforeAll(async () => {
    base = await found('base');
  });

  test('is told apart', () => {
    expect(new Set(base.values()).size).toBe(base.size);
  });

  test.each<[string, string, Variant]>([
    ['at another stage', 'p1', {}],
    ['with other accesses', 'base', { bitfieldAccess: 'wide' }],
    ['with both', 'p1', { bitfieldAccess: 'wide' }],
    ['without optimisation', 'base', { optimize: '0' }],
  ])('is the same %s', async (_, stage, variant) => {
    // What an exploration meets before it has found enough may be more here than there.
    const same = [...(await found(stage, variant))].filter(([what]) => base.has(what));
    for (const what of [
      'log-stop-vs-reset lostbit/use-after-free',
      'log-stop-vs-reset lostbit/double-free',
      'dirty-page-report-vs-qp-error lostbit/deadlock',
      'vga-registration-fails lostbit/unbalanced-client',
    ])
      expect(same.map(([what]) => what).join('\n')).toContain(what);
    expect(same).toEqual(same.map(([what]) => [what, base.get(what)]));
  });

  test('is gone with the bug', async () => {
    expect([...(await found('p5')).keys()]).toEqual([]);
  });
});
