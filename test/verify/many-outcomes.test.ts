// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { ofEngine } from '../../src/engine/engine.js';
import type { SimulateResult } from '../../src/engine/simulate/simulation.js';
import type { StressResult } from '../../src/engine/stress/stress.js';
import { fidelityText } from '../../src/report/fidelity.js';
import type { Build } from '../../src/toolchain/build.js';
import type { ExternalResult } from '../../src/verify/external.js';
import { compare, type Engines } from '../../src/verify/fidelity.js';
import { selected } from '../support/selected.js';

const many = 20_000;
const build = {
  options: { bitfieldAccess: 'fine', optimize: '2' },
  toolchain: { name: 'clang', version: '1' },
} as Build;

const found = {
  outcomes: [],
  warnings: [],
  idle: [],
  samples: 1,
  seconds: 0,
  interrupted: false,
};
const engines = (violations: StressResult['violations']): Engines => ({
  simulation: {
    build,
    explore: async () =>
      ({ ...found, violations: [], races: [], executions: 1, bounded: null }) as unknown as SimulateResult,
    describe: () => Promise.reject(new Error('there is nothing to describe')),
  },
  track: { build, race: async () => ({ ...found, violations, broken: false }) as unknown as StressResult },
  replayer: { build, replay: () => Promise.reject(new Error('there is nothing to replay')) },
});

test('so many outcomes of another engine, and so many violations, take no time', async () => {
  const name = 'intx-mask-vs-bar-write';
  const other: ExternalResult = {
    engine: 'other 1.0',
    file: 'other.json',
    scenario: name,
    stage: 'base',
    bitfieldAccess: null,
    exhaustive: false,
    outcomes: Array.from({ length: many }, (_, i) => ({
      // In another order now and then: it is the same outcome.
      values: i % 2 === 0 ? { virq_disabled: i >> 1, bardirty: 0 } : { bardirty: 0, virq_disabled: i >> 1 },
      count: 1,
    })),
    violations: Array.from({ length: many }, (_, i) => ({ kind: 'leak', object: `A.${i}`, count: 1 })),
  };
  const raced = other.violations!.map((violation) => ({ ...ofEngine, message: '', ...violation }));
  const cell = { ...selected(name), stage: 'base' };
  const started = performance.now();
  const compared = await compare(cell, engines(raced), { seconds: 1, seed: 1, times: 1, others: [other] });
  expect(compared.rows).toHaveLength(many / 2 + many);
  expect(compared.rows[many]!.others).toEqual([{ seen: true, count: 2 }]);
  expect(compared.rows[many - 1]).toMatchObject({
    violation: { kind: 'leak', object: `A.${many - 1}` },
    stress: 1,
    others: [{ seen: true, count: 1 }],
  });
  expect(fidelityText(compared).split('\n').length).toBeGreaterThan(many);
  expect(performance.now() - started).toBeLessThan(10_000);
});
