// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appliesTo,
  expectationWith,
  expectedAt,
  expectedVerdict,
  isControl,
  lackedBy,
  type StagedSubject,
} from '../../src/scenario/expectation.js';
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
    { name: 'control', subject: 'c', series: 'control', whole: true },
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

  test('a control is one whatever its series is called, and no other stage is', () => {
    expect(several.filter(isControl).map(({ name }) => name)).toEqual(['control']);
    expect(isControl({ name: 'p1', subject: 'a', series: 'p1' })).toBe(false);
  });

  test('a range lies in one', () => {
    expect(refusal(() => expectedAt({ failsBetween: ['p1', 'v1:p2'] }, several, 'base'))).toMatchObject({
      code: 'E_BAD_SCENARIO',
      message: expect.stringMatching(/stages of two series/),
    });
  });
});

describe('of sources that are known by what is in them', () => {
  const own = [
    { name: 'base', subject: null, series: null },
    { name: 'p1', subject: 'port: Latch', series: 'v2' },
    { name: 'p2', subject: 'port: Lock', series: 'v2' },
    { name: 'p3', subject: 'port: Split', series: 'v2' },
    { name: 'packed', subject: 'port: Packed again', series: 'packed', whole: true },
  ];
  const [base, , , , packed] = own;
  /** Sources that have some of the patches; their one stage is called base, whatever is in them. */
  const having = (...patches: string[]): StagedSubject => ({
    stages: [base!, packed!],
    known: { stages: own, has: () => new Set(patches) },
  });
  const all = [[], ['p1'], ['p1', 'p2'], ['p1', 'p2', 'p3'], ['p3']];
  const verdicts = (expectation: StageExpectation) =>
    all
      .map((patches) => expectedVerdict({ expect: expectation }, having(...patches), 'base', 'fine'))
      .map((verdict) => (verdict === 'fails' ? 'F' : 'h'))
      .join('');

  test.each<[StageExpectation, string]>([
    ['fails', 'FFFFF'],
    ['holds', 'hhhhh'],
    // Until the patch is there that mends it, whatever else is.
    [{ failsThrough: 'base' }, 'FhhhF'],
    [{ failsThrough: 'p1' }, 'FFhhF'],
    [{ failsThrough: 2 }, 'FFFhh'],
    // Or until all are there that it takes.
    [{ failsThrough: 'p2', mendedBy: ['p2', 'p3'] }, 'FFFhF'],
    [{ failsThrough: 'base', mendedBy: ['p1', 'port: Lock'] }, 'FFhhF'],
    [{ failsThrough: 'port: Split' }, 'FFFFF'],
    // From the patch on that breaks it.
    [{ failsFrom: 'base' }, 'FFFFF'],
    [{ failsFrom: 'p3' }, 'hhhFF'],
    [{ failsBetween: ['p1', 'p2'] }, 'hFFhh'],
    [{ failsBetween: ['base', 'p2'] }, 'FFFhh'],
    [{ failsOnlyAt: 'base' }, 'FhhhF'],
    [{ failsOnlyAt: 'p2' }, 'hhFhh'],
  ])('%j is %s without patches, with p1, with p2 too, with all, with p3 alone', (expectation, letters) => {
    expect(verdicts(expectation)).toBe(letters);
  });

  test('one for each access mode is that of the mode', () => {
    const each = { expect: { fine: 'holds', wide: { failsThrough: 'p1' } } } as const;
    expect(expectedVerdict(each, having('p1'), 'base', 'fine')).toBe('holds');
    expect(expectedVerdict(each, having('p1'), 'base', 'wide')).toBe('fails');
    expect(expectedVerdict(each, having('p1', 'p2'), 'base', 'wide')).toBe('holds');
    expect(expectedVerdict({}, having('p1'), 'base', 'wide')).toBeNull();
  });

  test('a wrong range, and a stage that the subject does not have, are refused', () => {
    const at = (expectation: StageExpectation) => () =>
      expectedVerdict({ expect: expectation }, having(), 'base', 'fine');
    expect(refusal(at({ failsBetween: ['p2', 'p1'] })).code).toBe('E_BAD_SCENARIO');
    expect(refusal(at({ failsThrough: 'p9' })).code).toBe('E_UNKNOWN_STAGE');
  });

  test('a scenario needs the patch that it is about', () => {
    expect(lackedBy({ from: 'p2' }, having('p1'), 'base')).toBe('port: Lock');
    expect(lackedBy({ from: 'port: Lock' }, having('p3'), 'base')).toBe('port: Lock');
    expect(lackedBy({ from: 'p2' }, having('p2'), 'base')).toBeNull();
    expect(lackedBy({ from: 'base' }, having(), 'base')).toBeNull();
    expect(lackedBy({ from: 0 }, having(), 'base')).toBeNull();
    expect(lackedBy({}, having(), 'base')).toBeNull();
    // Of a subject's own stages, the first ones are not asked for at all.
    expect(lackedBy({ from: 'p2' }, { stages: own }, 'base')).toBeNull();
    expect(() => lackedBy({ from: 'p9' }, having(), 'base')).toThrow(
      expect.objectContaining({ code: 'E_UNKNOWN_STAGE' }),
    );
  });

  test('a control has its own scenarios, and those that expect the same everywhere', () => {
    const applies = (scenario: Parameters<typeof appliesTo>[0]) =>
      ['base', 'packed'].map((at) => appliesTo(scenario, having('p1'), at));
    expect(applies({ expect: { failsThrough: 'p1' } })).toEqual([true, false]);
    expect(applies({ expect: { failsThrough: 'p1' }, from: 'p2' })).toEqual([true, false]);
    expect(applies({ expect: 'holds' })).toEqual([true, true]);
    expect(applies({ expect: 'holds', from: 'p2' })).toEqual([true, false]);
    expect(applies({ expect: 'holds', stage: 'p2' })).toEqual([true, true]);
    expect(applies({ expect: 'fails', stage: 'packed' })).toEqual([false, true]);
    expect(expectedVerdict({ expect: 'fails', stage: 'packed' }, having(), 'base', 'fine')).toBeNull();
    expect(expectedVerdict({ expect: 'fails', stage: 'packed' }, having(), 'packed', 'fine')).toBe('fails');
  });

  test('are mended by any patch set that has the one after the last bad stage', () => {
    fc.assert(
      fc.property(fc.subarray(['p1', 'p2', 'p3']), fc.nat(3), fc.nat(3), (patches, a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const of = (expectation: StageExpectation) =>
          expectedVerdict({ expect: expectation }, having(...patches), 'base', 'fine');
        const each = [of({ failsFrom: first }), of({ failsThrough: last })];
        expect(of({ failsBetween: [first, last] })).toBe(
          each.every((verdict) => verdict === 'fails') ? 'fails' : 'holds',
        );
        expect(of({ failsThrough: last })).toBe(patches.includes(`p${last + 1}`) ? 'holds' : 'fails');
      }),
    );
  });
});
