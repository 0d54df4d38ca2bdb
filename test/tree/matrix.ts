// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResultJson } from '../../src/report/schema.js';
import { appliesTo, expectedVerdict, lackedBy } from '../../src/scenario/expectation.js';
import { isRace } from '../../src/scenario/scenario.js';
import { openSubject, type Subject } from '../../src/subject/open.js';
import { embedded } from '../../subjects/index.js';
import { lostbit, type Ran } from '../support/lostbit.js';
import { quickest } from '../support/race.js';
import { parseReport } from '../support/report.js';
import type { Found, TreeName } from './trees.js';

/** What is known of a kernel's sources without running anything. */
export interface KnownTree {
  readonly name: TreeName;
  /** Patches of the embedded series that are in them, by their code. */
  readonly has: readonly string[];
  /** Scenarios that come out otherwise than those patches say, each with a reason. */
  readonly findings?: Readonly<Record<string, string>>;
  /** Scenarios about what the sources do not have, besides mlx5 and patches that are not there. */
  readonly lacks?: readonly string[];
}

/** Scenarios that have a device of mlx5's, whose firmware is no part of what a tree is run with. */
const withMlx5 = [
  'any-failure-while-binding',
  'any-failure-while-migrating',
  'any-failure-while-opening',
  'dirty-page-report-vs-qp-error',
  'log-start-before-pf-detaches-vf',
  'log-start-vs-reset',
  'log-stop-start-vs-pf-takes-vf',
  'log-stop-vs-reset',
  'pf-returns-vf-vs-reset',
  'pf-takes-vf-vs-reset',
];

/** What is lost where flags share a byte, as they do without the third patch. */
const lostUpdates = ['intx-mask-vs-bar-write', 'intx-mask-vs-bar-read', 'close-vs-suspend'];

/** The matrix of a tree, held against what its code says. */
export function describeMatrix({ name, has, findings = {}, lacks = [] }: KnownTree, found: Found): void {
  const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';
  const dir = 'dir' in found ? found.dir : '';

  describe.skipIf(missing !== '')(`Linux ${name}${missing}`, () => {
    let subject: Subject;
    let ran: Ran;
    let results: readonly ResultJson[];
    let before: ReadonlyMap<string, string>;
    beforeAll(async () => {
      before = await written(dir);
      subject = await openSubject('vfio-pci', embedded, { linux: dir });
      const scratch = await mkdtemp(join(tmpdir(), 'lostbit-tree-'));
      const file = join(scratch, 'report.json');
      const how = ['--toolchain', await quickest, '--time-budget', '10m', '--json', file];
      ran = await lostbit('verify', '--linux', dir, ...how);
      results = parseReport(await readFile(file, 'utf8')).results;
      await rm(scratch, { recursive: true });
    }, 600_000);

    const resultOf = (scenario: string) => results.find((result) => result.scenario === scenario)!;

    test('has the patches that it is known to have', () => {
      expect([...subject.known!.has('tree')].sort()).toEqual(has);
    });

    test('every scenario has its cell', () => {
      const { stages, known } = subject;
      const facts = { stages: stages.all, ...(known === undefined ? {} : { known }) };
      const asked = Object.entries(subject.scenarios).flatMap(([scenario, what]) =>
        stages.all.filter((stage) => appliesTo(what, facts, stage.name)).map(() => scenario),
      );
      expect(results.map(({ scenario }) => scenario).sort()).toEqual(
        expect.arrayContaining([...new Set(asked)].sort()),
      );
    });

    test('every cell comes out as the patches say, but for what is known', () => {
      const { stages, known } = subject;
      for (const { scenario, stage, verdict, broken, undecided } of results) {
        expect({ broken, undecided }, scenario).toEqual({ broken: undefined, undecided: undefined });
        if (verdict === 'not-applicable') continue;
        const facts = { stages: stages.all, known: known! };
        const due = expectedVerdict(subject.scenarios[scenario]!, facts, stage, 'fine') ?? 'holds';
        const other = due === 'holds' ? 'fails' : 'holds';
        expect(verdict, scenario).toBe(Object.hasOwn(findings, scenario) ? other : due);
      }
      expect(Object.keys(findings).filter((scenario) => resultOf(scenario) === undefined)).toEqual([]);
      expect(ran.status, ran.stderr).toBe(Object.keys(findings).length > 0 ? 1 : 0);
    });

    test('what does not apply is about what the sources lack', () => {
      const lacking = results.filter(({ verdict }) => verdict === 'not-applicable');
      const { known, stages } = subject;
      const unpatched = Object.entries(subject.scenarios).flatMap(([scenario, what]) =>
        lackedBy(what, { stages: stages.all, known: known! }, 'tree') === null ? [] : [scenario],
      );
      expect(lacking.map(({ scenario }) => scenario).sort()).toEqual(
        [...new Set([...withMlx5, ...lacks, ...unpatched])].sort(),
      );
      for (const { scenario, inapplicable } of lacking) expect(inapplicable, scenario).not.toBe('');
    });

    test('what holds is all there is', () => {
      for (const { scenario, verdict, exhaustive, simulation } of results) {
        if (verdict !== 'holds') continue;
        expect(exhaustive, scenario).toBe(true);
        if (!isRace(subject.scenarios[scenario]!)) continue;
        expect(simulation, scenario).toMatchObject({ strategy: 'dpor', blocked: 0 });
        expect(simulation!.executions, scenario).toBeGreaterThan(1);
      }
    });

    test.each(lostUpdates)('%s: a lost update is there or not, and is in lines of the tree', (scenario) => {
      const { verdict, replayed, interleaving } = resultOf(scenario);
      if (has.includes('p3')) {
        expect(verdict).toBe('holds');
        return;
      }
      expect(verdict).toBe('fails');
      expect(replayed).toEqual({ times: 20, same: 20 });
      // Headers' atomic operations are called by it, and some of what decides is the stub kernel's own.
      const frames = interleaving!
        .decisive!.map((index) => interleaving!.accesses[index]!.stack)
        .flatMap((stack) => stack.find(({ file }) => file?.startsWith('drivers/')) ?? []);
      expect(frames.length).toBeGreaterThan(1);
      for (const { file, line } of frames) {
        expect(file).toMatch(/^drivers\/vfio\/pci\//);
        expect(existsSync(join(dir, file!))).toBe(true);
        expect(line).toBeGreaterThan(0);
      }
    });

    test('nothing has been written there', async () => {
      expect(await written(dir)).toEqual(before);
    });
  });
}

/** When each file and folder that lostbit may have to do with was written. */
async function written(dir: string): Promise<Map<string, string>> {
  const folders = ['.', 'include', 'lib', 'drivers/vfio', 'init', 'scripts', 'virt'];
  const found = new Map<string, string>();
  const note = async (path: string) => {
    const { mtimeMs, ctimeMs, size } = await lstat(join(dir, path));
    found.set(path, `${mtimeMs} ${ctimeMs} ${size}`);
  };
  for (const folder of folders) {
    await note(folder);
    for (const path of await readdir(join(dir, folder), { recursive: folder !== '.' }))
      await note(join(folder, path));
  }
  return found;
}
