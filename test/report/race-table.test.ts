// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { ofEngine } from '../../src/engine/engine.js';
import { observationLine, raceTable, verdictLine } from '../../src/report/race-table.js';
import type { Result } from '../../src/report/schema.js';

const threads = { workers: 2, processors: 2, pinned: true, unpinned: null, seed: 7 };

const result: Result = {
  scenario: 'intx-mask-vs-bar-write',
  reference: 'fact 24',
  stage: 'base',
  source: 'excerpt',
  engine: 'stress',
  toolchain: 'llvm',
  toolchainVersion: 'clang 22',
  optimize: '2',
  bitfieldAccess: 'fine',
  threads,
  seconds: 2,
  samples: 1_000_000,
  outcomes: [
    { values: { virq: 1, bar: 1 }, count: 999_900, grade: 'acceptable', note: 'both updates kept' },
    { values: { virq: 0, bar: 1 }, count: 99, grade: 'forbidden', note: 'INTx mask lost' },
    { values: { virq: 1, bar: null }, count: 1, grade: 'forbidden', note: 'no device' },
  ],
  violations: [],
  warnings: [],
  verdict: 'fails',
  exhaustive: false,
  interrupted: false,
  expected: 'fails',
  agreement: 'agrees',
  setup: [],
  actors: null,
  runs: [],
  reproduce: null,
};

describe('the race table', () => {
  test("has jcstress's columns and litmus7's last line", () => {
    expect(raceTable(result, 'A race')).toMatchInlineSnapshot(`
      "intx-mask-vs-bar-write at base: A race
        llvm (clang 22) -O2, bit-field access fine
        2 workers, pinned, seed 7
        1,000,000 samples in 2.0 s, 500,000 samples/s

         RESULT  SAMPLES    FREQ      EXPECT  DESCRIPTION
           1, 1  999,900  99.99%  Acceptable  both updates kept
           0, 1       99  <0.01%   Forbidden  INTx mask lost
        1, none        1  <0.01%   Forbidden  no device
        RESULT is virq, bar

      Observation intx-mask-vs-bar-write Sometimes 100 999900"
    `);
  });
  test('shows violations, and that the threads were not pinned', () => {
    const violations = [
      { ...ofEngine, stack: [], kind: 'hang', message: "'guest' never returned", count: 2 },
    ];
    const text = raceTable(
      { ...result, violations, threads: { ...threads, pinned: false, unpinned: 'no taskset' } },
      'A race',
    );
    expect(raceTable({ ...result, warnings: ['odd'] }, 'A race')).toContain('warning: odd');
    expect(text).toContain("violation hang (2 times): 'guest' never returned");
    expect(text).toContain('NOT pinned (no taskset)');
    expect(raceTable({ ...result, threads: { ...threads, processors: 1 } }, 'A race')).toContain(
      '2 workers on 1 processor, pinned',
    );
  });
});

describe('the observation line', () => {
  test.each([
    [[1, 0, 0], 'Never 0 1'],
    [[1, 2, 3], 'Sometimes 5 1'],
    [[0, 2, 3], 'Always 5 0'],
  ])('%j', (counts, expected) => {
    const outcomes = result.outcomes.map((outcome, i) => ({ ...outcome, count: counts[i]! }));
    const samples = counts.reduce((a, b) => a + b);
    expect(observationLine({ ...result, outcomes, samples })).toBe(
      `Observation intx-mask-vs-bar-write ${expected}`,
    );
  });
});

describe('the verdict line', () => {
  test.each<[Partial<Result>, string]>([
    [{}, '✓ base fails, as expected: 99 × INTx mask lost; 1 × no device'],
    [{ expected: 'holds' }, '✗ base fails, EXPECTED HOLDS: 99 × INTx mask lost; 1 × no device'],
    [{ expected: null }, '✗ base fails: 99 × INTx mask lost; 1 × no device'],
    [
      { verdict: 'holds', outcomes: result.outcomes.slice(0, 1), stage: 'p3', expected: 'holds' },
      '✓ p3 holds, as expected: nothing forbidden in 1,000,000 samples (a race proves no absence)',
    ],
    [
      { verdict: 'undecided', undecided: 'not seen', outcomes: result.outcomes.slice(0, 1) },
      '? base undecided, fails expected: not seen; nothing forbidden in 1,000,000 samples (a race proves no absence)',
    ],
  ])('%j', (change, expected) => {
    expect(verdictLine({ ...result, ...change })).toBe(expected);
  });
});
