// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Violation } from '../../src/engine/engine.js';
import { Simulation } from '../../src/engine/simulate/simulation.js';
import { ExitStatus, LostbitError } from '../../src/errors.js';
import { reportJson } from '../../src/report/json.js';
import { matrixBroken, matrixSummary, matrixTable, matrixWarnings } from '../../src/report/matrix.js';
import { verdictLine } from '../../src/report/race-table.js';
import type { Build } from '../../src/toolchain/build.js';
import { unjudgedCell } from '../../src/verify/broken.js';
import { judge } from '../../src/verify/judge.js';
import type { Result, Tested } from '../../src/verify/result.js';
import { statusOf } from '../../src/verify/status.js';
import { cellsOf, verify } from '../../src/verify/verify.js';
import { bind, load, type RaceScenario } from '../../subjects/vfio-pci/index.js';
import { build, closeToolchains } from '../support/race.js';
import { parseReport } from '../support/report.js';
import { selected } from '../support/selected.js';
import { changed } from '../support/vfio.js';

afterAll(closeToolchains);

/** Works on scenarios at base, one engine of a build after the other. */
async function verified(...scenarios: ReturnType<typeof selected>[]) {
  const base = await build('base');
  return verify(cellsOf(scenarios, ['base']), () => base, { budget: 5 });
}

const fine = [selected('reload-before-open'), selected('close-vs-sibling-open')];

describe('a cell whose engine throws', () => {
  test('is a defect, costs its own verdict, and no other', async () => {
    const explore = Simulation.prototype.explore;
    vi.spyOn(Simulation.prototype, 'explore').mockImplementation(function (
      this: Simulation,
      tested,
      options,
    ) {
      if (tested.name === 'intx-mask-vs-bar-write') throw new Error('the sky has fallen');
      return explore.call(this, tested, options);
    });
    try {
      const results = await verified(selected('intx-mask-vs-bar-write'), ...fine);
      expect(results.map(({ scenario, verdict, agreement }) => [scenario.name, verdict, agreement])).toEqual([
        ['intx-mask-vs-bar-write', null, 'broken'],
        ['reload-before-open', 'fails', 'agrees'],
        ['close-vs-sibling-open', 'holds', 'agrees'],
      ]);
      expect(results[0]!.broken).toMatchObject({ code: null, message: 'the sky has fallen', hint: null });
      expect(matrixTable(results)).toMatch(/intx-mask-vs-bar-write +simulate +broken/);
      expect(matrixSummary(results)).toBe('2 cells as expected, 1 broken, without a verdict');
      const text = matrixBroken(results);
      expect(text).toContain(
        'intx-mask-vs-bar-write at base: broken: defect of lostbit: Error: the sky has fallen',
      );
      expect(text).toContain('reproduce: npx lostbit simulate intx-mask-vs-bar-write --stage base');
      expect(statusOf(results)).toBe(ExitStatus.defect);
      const report = parseReport(JSON.stringify(reportJson(results)));
      expect(report.results[0]).toMatchObject({ verdict: null, agreement: 'broken', exhaustive: false });
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('is refused where it is the request that is wrong', async () => {
    const race = selected('intx-mask-vs-bar-write').scenario as RaceScenario;
    const twice = changed(race, { setup: [load('vfio-pci'), bind('A'), bind('A')] });
    const results = await verified(selected('bound-twice', twice), ...fine);
    expect(results.map(({ agreement }) => agreement)).toEqual(['broken', 'agrees', 'agrees']);
    expect(results[0]!.broken).toMatchObject({ code: 'E_SETUP', stack: null });
    expect(matrixBroken(results)).toContain('broken: error E_SETUP: ');
    expect(statusOf(results)).toBe(ExitStatus.refused);
  });

  test('ends all when it is interrupted', async () => {
    const base = await build('base');
    const interruption = new AbortController();
    vi.spyOn(Simulation.prototype, 'explore').mockImplementation(() => {
      interruption.abort(new LostbitError('E_ENDED', 'enough'));
      return Promise.reject(interruption.signal.reason);
    });
    try {
      const cells = cellsOf([selected('intx-mask-vs-bar-write')], ['base']);
      const options = { budget: 5, signal: interruption.signal };
      await expect(verify(cells, () => base, options)).rejects.toThrow('enough');
    } finally {
      vi.restoreAllMocks();
    }
  });
});

describe('a cell of a kernel’s sources', () => {
  const built = {
    options: { bitfieldAccess: 'fine', optimize: '2' },
    toolchain: { name: 'clang', version: '1' },
  } as Build;
  const one = selected('reload-before-open');
  const known = { stages: one.of.stages, has: () => new Set<string>() };
  const ours = { ...one, stage: 'base', build: built };
  const theirs = { ...ours, of: { ...one.of, known } };
  const ended = (tested: Tested, error: unknown) => unjudgedCell(tested, 'run', error, 'npx lostbit run it');
  const codes = ['E_UNKNOWN_OP', 'E_UNKNOWN_FAULT', 'E_UNKNOWN_FIELD', 'E_UNKNOWN_TYPE'];

  test.each(codes)('says nothing of them where they lack what it names: %s', (code) => {
    const result = ended(theirs, new LostbitError(code, 'they have no such thing', { hint: 'none' }));
    expect(result).toMatchObject({
      ...{ verdict: 'not-applicable', inapplicable: 'they have no such thing', agreement: 'agrees' },
      ...{ broken: null, undecided: null, exhaustive: false, reproduce: null, samples: 0 },
    });
    expect(matrixTable([result])).toMatch(/reload-before-open +run +n\/a$/m);
    expect(matrixSummary([result])).toBe('0 cells as expected, 1 not applicable');
    expect(matrixWarnings([result])).toBe(
      'not applicable (n/a): reload-before-open: they have no such thing',
    );
    expect(verdictLine(result)).toBe('– base not applicable: they have no such thing');
    const report = parseReport(JSON.stringify(reportJson([result])));
    expect(report.results[0]).toMatchObject({
      ...{ verdict: 'not-applicable', inapplicable: 'they have no such thing', agreement: 'agrees' },
    });
  });

  test.each(codes)('is broken where the same is missing in C of our own: %s', (code) => {
    const result = ended(ours, new LostbitError(code, 'there is no such thing', { hint: 'this one' }));
    expect(result).toMatchObject({
      ...{ verdict: null, agreement: 'broken', inapplicable: null, reproduce: 'npx lostbit run it' },
      broken: { code, message: 'there is no such thing', hint: 'this one', stack: null },
    });
  });

  test('is broken where something else is wrong', () => {
    const refused = ended(theirs, new LostbitError('E_SETUP', 'the set-up fails'));
    expect(refused).toMatchObject({ verdict: null, agreement: 'broken', broken: { code: 'E_SETUP' } });
    expect(ended(theirs, new Error('the sky has fallen')).broken).toMatchObject({
      ...{ code: null, message: 'the sky has fallen', stack: expect.stringContaining('the sky') },
    });
    expect(ended(theirs, 'thrown').broken).toEqual({
      code: null,
      message: 'thrown',
      hint: null,
      stack: null,
    });
  });

  test('is undecided where the set-up needs a function that nobody has written', () => {
    for (const tested of [ours, theirs]) {
      const result = ended(tested, new LostbitError('E_MISSING_FUNCTION', 'the stub kernel has no f()'));
      expect(result).toMatchObject({
        ...{ verdict: 'undecided', undecided: 'the stub kernel has no f()', agreement: 'undecided' },
        ...{ broken: null, inapplicable: null, exhaustive: false, reproduce: null },
      });
      expect(statusOf([result])).toBe(ExitStatus.refused);
      expect(matrixWarnings([result])).toBe(
        'undecided: reload-before-open at base: the stub kernel has no f()',
      );
    }
  });

  test('is undecided where such a function was called later, whatever came of that', () => {
    const called = {
      ...{ kind: 'missing-function', object: 'f', message: '', actor: null, step: null, count: 1 },
      stack: [{ function: 'probe', file: 'drivers/ring/core.c', line: 7 }],
    };
    const found = {
      ...{ outcomes: [], warnings: [], idle: [], samples: 1, seconds: 1, interrupted: false },
      violations: [called as unknown as Violation],
    };
    expect(judge(theirs, { engine: 'run', found, reproduce: '' })).toMatchObject({
      verdict: 'undecided',
      undecided: 'the stub kernel has no f(), which probe (drivers/ring/core.c:7) calls',
    });
  });

  test('is not looked at where they lack the patch that its scenario is about', async () => {
    const base = await build('base');
    const about = selected('intx-mask-vs-bar-write');
    const { name, subject } = about.of.stages.find(({ name }) => name === 'p3')!;
    const scenario = { ...about, scenario: { ...about.scenario, from: name } };
    const verdictAt = async (...has: string[]) => {
      const of = { ...about.of, known: { stages: about.of.stages, has: () => new Set(has) } };
      const [result] = await verify([{ ...scenario, of, stage: 'base' }], () => base, { budget: 5 });
      return result!;
    };
    expect(await verdictAt('p1')).toMatchObject({
      ...{ verdict: 'not-applicable', inapplicable: `the sources do not have '${subject}'`, samples: 0 },
    });
    expect((await verdictAt('p3')).verdict).toBe('fails');
  });
});

test('the worst of a matrix is its exit status', () => {
  const broken = (code: string | null) => ({
    verdict: null,
    agreement: 'broken' as const,
    broken: { code, message: '', hint: null, stack: null },
  });
  const cell = (verdict: Result['verdict'], agreement: Result['agreement']) => ({
    verdict,
    agreement,
    broken: null,
  });
  const agrees = cell('holds', 'agrees');
  const differs = cell('fails', 'differs');
  const undecided = cell('undecided', 'undecided');
  const inapplicable = cell('not-applicable', 'agrees');
  expect(statusOf([undecided, agrees])).toBe(ExitStatus.expected);
  expect(statusOf([agrees])).toBe(ExitStatus.expected);
  expect(statusOf([agrees, differs])).toBe(ExitStatus.differs);
  expect(statusOf([differs, broken('E_SETUP')])).toBe(ExitStatus.refused);
  expect(statusOf([broken(null), broken('E_SETUP'), differs])).toBe(ExitStatus.defect);
  expect(statusOf([inapplicable, agrees])).toBe(ExitStatus.expected);
  const unsupported = { ...undecided, unsupported: true };
  expect(statusOf([unsupported, inapplicable])).toBe(ExitStatus.refused);
  expect(statusOf([unsupported, agrees])).toBe(ExitStatus.expected);
  // Of patches on something, only what they change counts.
  const change = {
    against: 'tree',
    was: 'fails',
    kind: 'same',
    bounded: false,
    appeared: [],
    gone: [],
  } as const;
  const [at, after] = ['tree', '1/1'].map((stage) => ({ ...differs, stage }));
  const compared = (worse: boolean) => ({
    ...after!,
    agreement: 'compared' as const,
    change: { ...change, worse },
  });
  expect(statusOf([at!, compared(false)])).toBe(ExitStatus.expected);
  expect(statusOf([at!, compared(true)])).toBe(ExitStatus.differs);
  // That says nothing of other scenarios there.
  const other = { name: 'other', origin: 'other', title: '', reference: null };
  expect(statusOf([{ ...at!, scenario: other }, compared(false)])).toBe(ExitStatus.differs);
  expect(statusOf([inapplicable, undecided])).toBe(ExitStatus.expected);
  expect(statusOf([inapplicable, differs])).toBe(ExitStatus.differs);
});

test('a matrix of which nothing applies is refused, an empty one is not', () => {
  const inapplicable = { verdict: 'not-applicable', agreement: 'agrees', broken: null } as const;
  expect(statusOf([inapplicable])).toBe(ExitStatus.refused);
  expect(statusOf([inapplicable, inapplicable])).toBe(ExitStatus.refused);
  expect(statusOf([])).toBe(ExitStatus.expected);
});
