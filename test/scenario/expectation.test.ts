// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectationWith, expectedAt } from '../../src/scenario/expectation.js';
import type { StageExpectation } from '../../src/scenario/scenario.js';

const subjects = [null, 'port: Latch', 'port: Lock', 'port: Split', 'port: Tidy'];
const stages = subjects.map((subject, i) => ({ name: i === 0 ? 'base' : `p${i}`, subject }));

/** Its verdicts at base, p1, … in letters. */
const verdicts = (expectation: StageExpectation, all = stages) =>
  all.map(({ name }) => (expectedAt(expectation, all, name) === 'fails' ? 'F' : 'h')).join('');

const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as { code: string; message: string; advice: { hint?: string } };
  }
  throw new Error('it was not refused');
};

describe('an expectation', () => {
  test.each<[StageExpectation, string]>([
    ['fails', 'FFFFF'],
    ['holds', 'hhhhh'],
    [{ failsThrough: 'base' }, 'Fhhhh'],
    [{ failsThrough: 'p2' }, 'FFFhh'],
    [{ failsThrough: 'p4' }, 'FFFFF'],
    [{ failsFrom: 'base' }, 'FFFFF'],
    [{ failsFrom: 'p3' }, 'hhhFF'],
    [{ failsFrom: 'p4' }, 'hhhhF'],
    [{ failsBetween: ['base', 'p4'] }, 'FFFFF'],
    [{ failsBetween: ['p1', 'p3'] }, 'hFFFh'],
    [{ failsBetween: ['p2', 'p2'] }, 'hhFhh'],
    [{ failsOnlyAt: 'base' }, 'Fhhhh'],
    [{ failsOnlyAt: 'p4' }, 'hhhhF'],
    [{ failsThrough: 1 }, 'FFhhh'],
    [{ failsBetween: ['port: Lock', 3] }, 'hhFFh'],
    [{ failsOnlyAt: 'split' }, 'hhhFh'],
  ])('%j is %s', (expectation, all) => {
    expect(verdicts(expectation)).toBe(all);
  });

  test('is one for each access mode, or the same', () => {
    const each = { fine: 'holds', wide: { failsThrough: 'p1' } } as const;
    expect(expectationWith(each, 'fine')).toBe('holds');
    expect(verdicts(expectationWith(each, 'wide'))).toBe('FFhhh');
    expect(expectationWith({ failsFrom: 1 }, 'wide')).toEqual({ failsFrom: 1 });
    expect(expectationWith('fails', 'fine')).toBe('fails');
  });

  test('between two stages is what is expected through the second and from the first', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), fc.nat(4), (a, b, at) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const each = [{ failsFrom: first }, { failsThrough: last }].map((one) => expectedAt(one, stages, at));
        expect(expectedAt({ failsBetween: [first, last] }, stages, at)).toBe(
          each.every((verdict) => verdict === 'fails') ? 'fails' : 'holds',
        );
      }),
    );
  });

  test.each<[StageExpectation, string]>([
    [{ failsBetween: ['p3', 'p1'] }, "failsBetween: ['p3', 'p1']: the first comes after the second"],
    [
      { failsBetween: ['port: Latch', 'base'] },
      "failsBetween: ['port: Latch', 'base']: the first comes after the second",
    ],
  ])('%j is refused at every stage', (expectation, message) => {
    for (const { name } of stages)
      expect(refusal(() => expectedAt(expectation, stages, name))).toMatchObject({
        code: 'E_BAD_SCENARIO',
        message,
      });
  });

  test.each<[StageExpectation, string | number, RegExp]>([
    [{ failsThrough: 'p9' }, 'base', /did you mean 'p1' or/],
    [{ failsFrom: 'bas' }, 'p1', /did you mean 'base'/],
    [{ failsBetween: ['base', 'port: Lok'] }, 'p1', /did you mean 'port: Lock'/],
    [{ failsBetween: [9, 'base'] }, 'p1', /p1/],
    [{ failsOnlyAt: 'port' }, 'p1', /name the stage/],
    ['fails', 'q1', /did you mean 'p1'/],
  ])('%j at %s is refused, a stage offered', (expectation, at, hint) => {
    const refused = refusal(() => expectedAt(expectation, stages, at));
    expect(refused.code).toBe('E_UNKNOWN_STAGE');
    expect(refused.advice.hint).toMatch(hint);
  });
});

describe('where there are several series', () => {
  const several = [
    { name: 'base', subject: null, series: null },
    { name: 'p1', subject: 'a', series: 'v2' },
    { name: 'p2', subject: 'b', series: 'v2' },
    { name: 'control', subject: 'c', series: 'control' },
    { name: 'v1:p1', subject: 'd', series: 'v1' },
    { name: 'v1:p2', subject: 'e', series: 'v1' },
  ];

  test.each<[StageExpectation, string]>([
    ['fails', 'FFFFFF'],
    [{ failsThrough: 'base' }, 'Fhhhhh'],
    [{ failsFrom: 'base' }, 'FFFFFF'],
    [{ failsThrough: 'p1' }, 'FFhhhh'],
    [{ failsFrom: 'p1' }, 'hFFhhh'],
    [{ failsThrough: 'v1:p1' }, 'FhhhFh'],
    [{ failsBetween: ['base', 'v1:p2'] }, 'FhhhFF'],
    [{ failsOnlyAt: 'control' }, 'hhhFhh'],
  ])('%j is %s: the stages of one are not before those of another', (expectation, all) => {
    expect(verdicts(expectation, several)).toBe(all);
  });

  test('a range lies in one', () => {
    expect(refusal(() => expectedAt({ failsBetween: ['p1', 'v1:p2'] }, several, 'base'))).toMatchObject({
      code: 'E_BAD_SCENARIO',
      message: expect.stringMatching(/stages of two series/),
    });
  });
});
