// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { expectedVerdict } from '../../src/scenario/expectation.js';
import { gradeOutcome, verdictOf } from '../../src/scenario/grade.js';
import type { OutcomePattern } from '../../src/scenario/scenario.js';
import { stages } from '../support/run.js';

const outcomes: readonly OutcomePattern[] = [
  { when: { a: 1, b: 1 }, grade: 'acceptable', note: 'both' },
  { when: { a: 0 }, grade: 'interesting', note: 'a lost' },
  { when: { b: 0 }, grade: 'forbidden', note: 'b lost' },
];

describe('grading an outcome', () => {
  test.each([
    [{ a: 1, b: 1 }, 'acceptable', 'both'],
    // Two patterns match: the first one wins.
    [{ a: 0, b: 0 }, 'interesting', 'a lost'],
    [{ a: 1, b: 0 }, 'forbidden', 'b lost'],
  ])('%j is %s', (values, grade, note) => {
    expect(gradeOutcome({ outcomes }, values, 3)).toEqual({ values, count: 3, grade, note });
  });

  test('what no pattern covers is forbidden', () => {
    expect(gradeOutcome({ outcomes }, { a: 1, b: 7 }, 1).grade).toBe('forbidden');
    expect(gradeOutcome({ outcomes }, { a: 1, b: null }, 1).grade).toBe('forbidden');
  });

  test('a NULL on the way to a field can be named', () => {
    const patterns: OutcomePattern[] = [{ when: { a: null }, grade: 'acceptable', note: 'gone' }];
    expect(gradeOutcome({ outcomes: patterns }, { a: null }, 1).note).toBe('gone');
    expect(gradeOutcome({ outcomes: patterns }, { a: 0 }, 1).grade).toBe('forbidden');
  });
});

describe('the verdict', () => {
  const seen = (values: Record<string, number>, count: number) => gradeOutcome({ outcomes }, values, count);
  test('fails on one forbidden sample among many', () => {
    expect(verdictOf([seen({ a: 1, b: 1 }, 1e9), seen({ a: 1, b: 0 }, 1)], [])).toBe('fails');
  });
  test('holds on what is acceptable or interesting', () => {
    expect(verdictOf([seen({ a: 1, b: 1 }, 5), seen({ a: 0, b: 1 }, 5)], [])).toBe('holds');
  });
  test('fails on a violation alone', () => {
    expect(verdictOf([seen({ a: 1, b: 1 }, 5)], [{}])).toBe('fails');
  });
});

describe('the expected verdict', () => {
  test.each([
    ['base', 'fails'],
    ['p1', 'fails'],
    ['p2', 'fails'],
    ['p3', 'holds'],
    ['p5', 'holds'],
    ['control', null],
  ] as const)('failing through p2 is, at %s, %s', (stage, verdict) => {
    expect(expectedVerdict({ expect: { failsThrough: 'p2' } }, { stages }, stage, 'fine')).toBe(verdict);
  });
  test('may differ between the access modes', () => {
    const expectation = { expect: { fine: 'holds', wide: { failsThrough: 'p2' } } } as const;
    expect(expectedVerdict(expectation, { stages }, 'base', 'fine')).toBe('holds');
    expect(expectedVerdict(expectation, { stages }, 'base', 'wide')).toBe('fails');
    expect(expectedVerdict(expectation, { stages }, 'p3', 'wide')).toBe('holds');
  });
  test('is nothing where the scenario says nothing', () => {
    expect(expectedVerdict({}, { stages }, 'base', 'fine')).toBeNull();
  });
});
