// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test, vi } from 'vitest';
import { Simulation } from '../../src/engine/simulate/simulation.js';
import { ExitStatus, LostbitError } from '../../src/errors.js';
import { reportJson } from '../../src/report/json.js';
import { matrixBroken, matrixSummary, matrixTable } from '../../src/report/matrix.js';
import type { Result } from '../../src/verify/result.js';
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
  expect(statusOf([inapplicable, undecided])).toBe(ExitStatus.expected);
  expect(statusOf([inapplicable, differs])).toBe(ExitStatus.differs);
});

test('a matrix of which nothing applies is refused, an empty one is not', () => {
  const inapplicable = { verdict: 'not-applicable', agreement: 'agrees', broken: null } as const;
  expect(statusOf([inapplicable])).toBe(ExitStatus.refused);
  expect(statusOf([inapplicable, inapplicable])).toBe(ExitStatus.refused);
  expect(statusOf([])).toBe(ExitStatus.expected);
});
