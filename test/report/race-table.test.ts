// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { ofEngine } from '../../src/engine/engine.js';
import { observationLine, raceTable, verdictLine } from '../../src/report/race-table.js';
import type { Result } from '../../src/verify/result.js';
import { raced } from './results.js';

describe('the race table', () => {
  test("has jcstress's columns and litmus7's last line", () => {
    expect(raceTable(raced)).toMatchInlineSnapshot(`
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
  test('has no names where nothing is observed', () => {
    const text = raceTable({ ...raced, outcomes: [{ ...raced.outcomes[0]!, values: {} }] });
    expect(text).toMatch(/^ +– +999,900 .* both updates kept$/m);
    expect(text).not.toContain('RESULT is');
  });
  test('shows violations, and that the threads were not pinned', () => {
    const violations = [
      {
        ...ofEngine,
        kind: 'hang',
        message: "'guest' never returned",
        count: 2,
        rule: 'lostbit/hang',
        fingerprint: '',
      },
    ];
    const text = raceTable({ ...raced, violations, racers: { ...raced.racers!, unpinned: 'no taskset' } });
    expect(raceTable({ ...raced, warnings: ['odd'] })).toContain('warning: odd');
    expect(text).toContain("violation hang (2 times): 'guest' never returned");
    expect(text).toContain('NOT pinned (no taskset)');
    expect(raceTable({ ...raced, racers: { ...raced.racers!, processors: 1 } })).toContain(
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
    const outcomes = raced.outcomes.map((outcome, i) => ({ ...outcome, count: counts[i]! }));
    const samples = counts.reduce((a, b) => a + b);
    expect(observationLine({ ...raced, outcomes, samples })).toBe(
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
      { verdict: 'holds', outcomes: raced.outcomes.slice(0, 1), stage: 'p3', expected: 'holds' },
      '✓ p3 holds, as expected: nothing forbidden in 1,000,000 samples (a race proves no absence)',
    ],
    [
      { verdict: 'undecided', undecided: 'not seen', outcomes: raced.outcomes.slice(0, 1) },
      '? base undecided, fails expected: not seen; nothing forbidden in 1,000,000 samples (a race proves no absence)',
    ],
  ])('%j', (change, expected) => {
    expect(verdictLine({ ...raced, ...change })).toBe(expected);
  });
});
