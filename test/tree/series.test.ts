// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report, ResultJson } from '../../src/report/schema.js';
import { expectedVerdict } from '../../src/scenario/expectation.js';
import { embedded } from '../../subjects/index.js';
import { lostbit, type Ran } from '../support/lostbit.js';
import { diffOf, mboxOf, portedSeries } from '../support/ported-series.js';
import { quickest, subjectOf } from '../support/race.js';
import { parseReport } from '../support/report.js';
import { debianTree } from './trees.js';
import { isWhole } from './whole.js';

const { scenarios } = embedded['vfio-pci'];
const patience = 600_000;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lostbit-series-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function verified(dir: string, mbox: string, ...args: string[]): Promise<{ ran: Ran; report: Report }> {
  const [series, json] = [join(scratch, 'series.mbox'), join(scratch, 'report.json')];
  await writeFile(series, mbox);
  const how = ['--toolchain', await quickest, '--time-budget', '10m', '--json', json];
  const ran = await lostbit('verify', '--linux', dir, '--series', series, ...how, ...args);
  return { ran, report: parseReport(await readFile(json, 'utf8')) };
}

const before = debianTree('6.12.95');
const unasked = ' (skipped: LOSTBIT_WHOLE=1 asks for it)';
const noBefore = 'missing' in before ? ` (skipped: ${before.missing})` : isWhole ? '' : unasked;

describe.skipIf(noBefore !== '')(`the embedded series, ported to Linux 6.12.95${noBefore}`, () => {
  const dir = 'dir' in before ? before.dir : '';
  const stages = ['tree', '1/5', '2/5', '3/5', '4/5', '5/5'];
  const sweeps = Object.keys(scenarios).filter((name) => name.startsWith('any-failure-'));
  let ran: Ran;
  let report: Report;
  let swept: readonly ResultJson[];
  beforeAll(async () => {
    const mbox = mboxOf(portedSeries((path) => readFileSync(join(dir, path), 'utf8')));
    // Those that a patch of the series changes, and a few that none does.
    const unchanged = [
      'close-vs-sibling-open',
      'config-write-vs-suspend',
      'hot-reset-meets-page-fault',
      'open-fails-halfway',
    ];
    const isAsked = (name: string) => typeof scenarios[name]!.expect === 'object' || unchanged.includes(name);
    const others = Object.keys(scenarios).filter(
      (name) => !sweeps.includes(name) && (isWhole || isAsked(name)),
    );
    ({ ran, report } = await verified(dir, mbox, '--scenario', others.join(',')));
    const ends = isWhole
      ? await verified(dir, mbox, '--scenario', sweeps.join(','), '--stage', 'base,p5')
      : null;
    swept = ends?.report.results ?? [];
  }, patience);

  test('gives the columns of the excerpt', async () => {
    const subject = await subjectOf('vfio-pci');
    // A finding in other sources than the series is about: docs/findings.md.
    const found = new Set(['any-failure-while-binding-vga']);
    let compared = 0;
    for (const { scenario, stage, verdict } of [...report.results, ...swept]) {
      if (verdict === 'not-applicable' || stage === 'control' || found.has(scenario)) continue;
      const of = { stages: subject.stages.all };
      const due = expectedVerdict(scenarios[scenario]!, of, stages.indexOf(stage), 'fine');
      expect(verdict, `${scenario} at ${stage}`).toBe(due ?? 'holds');
      compared++;
    }
    expect(compared).toBeGreaterThan(isWhole ? 200 : 120);
    expect(ran.status, ran.stderr).toBe(0);
  });

  test('says of each patch what it fixes, and that none breaks anything', () => {
    const changes = report.results.flatMap(({ stage, scenario, change }) =>
      change === undefined ? [] : [{ stage, scenario, ...change }],
    );
    const fixed = (stage: string) =>
      changes.filter((one) => one.stage === stage && one.kind === 'fixes').map(({ scenario }) => scenario);
    expect(stages.map((stage) => fixed(stage).length)).toEqual([0, 10, 4, 3, 1, 3]);
    expect(fixed('4/5')).toEqual(['runtime-flags-share-no-byte']);
    expect(changes.filter(({ kind, worse }) => kind === 'breaks' || worse)).toEqual([]);
    expect(
      changes.filter(({ against, stage }) => stages.indexOf(against) !== stages.indexOf(stage) - 1),
    ).toEqual([]);
    expect(ran.stdout).toMatch(
      /\n3\/5 {2}vfio\/pci: Fix racy bitfields and tighten struct layout\n +fixes 3: /,
    );
    expect(ran.stdout).toMatch(/ cells as expected, \d+ compared with the stage before, 21 fixed, /);
  });

  test('expects nothing of its stages, and of the sources what they have', () => {
    for (const { stage, expected, agreement, verdict } of report.results) {
      if (verdict === 'not-applicable' || stage === 'control') continue;
      expect({ expected: expected !== null, agreement }).toEqual(
        stage === 'tree'
          ? { expected: true, agreement: 'agrees' }
          : { expected: false, agreement: 'compared' },
      );
    }
  });

  test('has schedules that are replayed at its stages', async () => {
    const { reproduce } = report.results.find(
      ({ scenario, stage }) => scenario === 'intx-mask-vs-bar-write' && stage === '2/5',
    )!;
    const words = reproduce!.split(' ').slice(2);
    expect(words[1]).toMatch(/^intx-mask-vs-bar-write@2\/5\.fine:/);
    const { status, stdout } = await lostbit(...words, '--times', '20');
    expect(stdout).toContain('the same outcome, 20 of 20 times on real threads');
    expect(status).toBe(0);
  });

  test('does not apply to sources that have it already, which is said', async () => {
    const after = debianTree('7.2.13');
    if ('missing' in after) return;
    const { status, stderr } = await lostbit(
      ...[
        'verify',
        '--linux',
        after.dir,
        '--series',
        join(scratch, 'series.mbox'),
        '--scenario',
        'close-vs-suspend',
      ],
    );
    expect(stderr).toMatch(
      /E_PATCH: patch '0001-vfio-pci-Latch-disable_idle_d3-per-device.patch' does not apply to /,
    );
    expect(status).toBe(2);
  });
});

const after = debianTree('7.2.13');
const noAfter = 'missing' in after ? ` (skipped: ${after.missing})` : '';

describe.skipIf(noAfter !== '')(`a patch that packs two flags of Linux 7.2.13 again${noAfter}`, () => {
  const dir = 'dir' in after ? after.dir : '';
  const header = 'include/linux/vfio_pci_core.h';
  const asked =
    'intx-mask*,close-vs-suspend,config-write-vs-suspend,runtime-flags-share-no-byte,vga-registration-fails';
  let ran: Ran;
  let report: Report;
  beforeAll(async () => {
    const text = readFileSync(join(dir, header), 'utf8');
    const packed = text.replace(/^(\s*bool\s+(?:virq_disabled|bardirty));/gm, '$1:1;');
    const note = 'Documentation/packed.rst';
    const mbox = mboxOf([
      {
        subject: 'vfio/pci: Say why',
        diff: diffOf(note, '', 'Bytes are dear.\n').replaceAll(`--- a/${note}`, '--- /dev/null'),
      },
      { subject: 'vfio/pci: Pack two flags', diff: diffOf(header, text, packed) },
    ]);
    ({ ran, report } = await verified(dir, mbox, '--scenario', asked));
  }, patience);

  test('turns the rows red that it should, at that patch', () => {
    const red = report.results.filter(({ verdict }) => verdict === 'fails');
    expect(
      red.map(({ scenario, stage, change }) => [scenario, stage, change?.kind, change?.against]),
    ).toEqual(
      ['intx-mask-vs-bar-write', 'intx-mask-vs-bar-read', 'runtime-flags-share-no-byte'].map((name) => [
        name,
        '2/2',
        'breaks',
        '1/2',
      ]),
    );
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/fails at 2\/2, BROKEN by 2\/2; at 2\/2:/);
    for (const { replayed } of red.slice(0, 2)) expect(replayed).toEqual({ times: 20, same: 20 });
  });

  test('says which patch touches nothing that is compiled', () => {
    expect(report.patches?.map(({ files }) => files)).toEqual([
      [{ path: 'Documentation/packed.rst', is: 'created', compiled: false, moved: [] }],
      [{ path: header, is: 'changed', compiled: true, moved: [] }],
    ]);
    const said = '1/2 touches nothing that is compiled here: Documentation/packed.rst (created)';
    expect(ran.stderr).toContain(`warning: ${said}\n`);
    expect(report.notes).toEqual([said]);
  });
});
