// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/report/schema.js';
import type { SubjectDefinition } from '../../src/subject/subject.js';
import { root } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';
import { parseReport } from '../support/report.js';
import { spoilt } from './spoilt-fixes.js';

const gallery = join(root, 'examples/known-races');

/** What the evidence of each scenario names: the fields of the race, or the flags' word. */
const fields: Readonly<Record<string, readonly string[]>> = {
  'added-vs-bus-master': ['pdev.is_added', 'pdev.is_busmaster'],
  'added-vs-msi': ['pdev.is_added', 'pdev.msi_enabled'],
  'ail-vs-abort': ['item.li_flags'],
  'bind-vs-option': ['po.running', 'po.auxdata'],
  'claim-vs-request': ['host.claimed', 'host.retune_now'],
  'defrag-vs-reserve': ['inode.in_defrag', 'inode.delalloc_meta_reserved'],
  'device-up-vs-option': ['po.running', 'po.auxdata'],
  'full-vs-shrink': ['ce.e_reusable', 'ce.e_referenced'],
  'idle-loop-interrupted': ['tick_cpu_sched.got_idle_tick', 'tick_cpu_sched.idle_active'],
  'ioctl-interrupted': ['tty.flow_stopped', 'tty.hw_stopped'],
  'ioctl-vs-interrupt': ['tty.flow_stopped', 'tty.hw_stopped'],
  'local-vs-packet': ['fdb.is_local', 'fdb.added_by_external_learn'],
  'open-vs-lease-break': ['cfid.is_open', 'cfid.has_lease'],
  'playback-vs-capture': ['chip.mode'],
  'scan-vs-reset': ['shost.async_scan', 'shost.tmf_in_progress'],
  'spread-vs-exec': ['tsk.flags'],
  'suspend-interrupted': ['gc.lock'],
  'timer-vs-brightness': ['led.flags'],
  'tos-vs-timeout': ['id.tos_set', 'id.timeout_set'],
  'two-children': ['hub.power.wakeup_path', 'hub.power.work_in_progress'],
  'two-options': ['po.auxdata', 'po.origdev'],
};

/** Which fail with a compiler that accesses more than it needs, and not with gcc. */
const wideOnly = ['added-vs-msi'];

let names: string[];
let races: SubjectDefinition[];
let dir: string;
beforeAll(async () => {
  const found = await readdir(gallery, { withFileTypes: true });
  names = found
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  races = await Promise.all(
    names.map(async (name) => (await import(join(gallery, name, 'subject.ts'))).default),
  );
  dir = await mkdtemp(join(tmpdir(), 'lostbit-gallery-'));
});
afterAll(() => rm(dir, { recursive: true }));

const patchOf = (name: string) => readFile(join(gallery, name, 'fix.patch'), 'utf8');

/** All races as one subject, so that there is one build of a stage: its last stage has all of `fixes`. */
async function whole(
  file: string,
  fixes: readonly string[],
): Promise<(...args: string[]) => Promise<Report>> {
  const subject = join(dir, `${file}.mjs`);
  const definition: SubjectDefinition = {
    title: 'All known races',
    source: names.map((name) => join(gallery, name, `${name}.c`)),
    series: `./${file}.mbox`,
    scenarios: Object.assign({}, ...races.map(({ scenarios }) => scenarios)),
  };
  await writeFile(join(dir, `${file}.mbox`), fixes.join('\n'));
  await writeFile(subject, `export default ${JSON.stringify(definition)};`);
  return async (...args) => {
    const { status, stdout, stderr } = await quickly([
      'verify',
      '--subject',
      subject,
      '--json',
      '-',
      ...args,
    ]);
    expect(status, stderr).toBeLessThan(2);
    return parseReport(stdout);
  };
}

/** The verdicts at a stage, by scenario. */
const verdictsAt = ({ results }: Report, stage: string) =>
  Object.fromEntries(results.filter((one) => one.stage === stage).map((one) => [one.scenario, one.verdict]));

/** Whom the evidence names: what the decisive accesses of a failing execution mean, and the locks that actors wait for in the end. */
const toldBy = ({ interleaving }: Report['results'][number]) => [
  ...(interleaving?.decisive ?? []).flatMap((at) => interleaving!.accesses[at]!.fields),
  ...(interleaving?.waits ?? []),
];

/** A verdict for each scenario. */
const all = (verdict: string, except: readonly string[] = [], other = verdict) =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, except.includes(name) ? other : verdict]));

describe('known races', () => {
  test('are the folders of the gallery, each with its C, its fix and its commit', async () => {
    const readme = await readFile(join(gallery, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([\w-]+)` \| [^|]+ \| ([0-9a-f]{12}) \|/gm)];
    expect(rows.map(([, name]) => name)).toEqual(names);
    expect(Object.keys(spoilt)).toEqual(names);
    for (const [i, { source, series, reference }] of races.entries())
      expect({ source, series, commit: reference?.slice(0, 12) }).toEqual({
        source: `./${names[i]}.c`,
        series: './fix.patch',
        commit: rows[i]![2],
      });
  });

  test('fail before their fix, also on real threads, and hold after it; the evidence names the fields', async () => {
    const verify = await whole('fixed', await Promise.all(names.map(patchOf)));
    const report = await verify('--stage', `base,p${names.length}`);
    expect(verdictsAt(report, 'base')).toEqual(all('fails', wideOnly, 'holds'));
    expect(verdictsAt(report, `p${names.length}`)).toEqual(all('holds'));
    expect(report.results.filter(({ agreement }) => agreement !== 'agrees')).toEqual([]);
    for (const result of report.results.filter(({ verdict }) => verdict === 'fails')) {
      expect(toldBy(result), result.scenario).toEqual(expect.arrayContaining([...fields[result.scenario]!]));
      expect(result.replayed, result.scenario).toEqual({ times: 20, same: 20 });
    }
  });

  test('of a compiler’s wide accesses fail by those', async () => {
    const verify = await whole('wide', [await patchOf('pci-is-added')]);
    const report = await verify('--scenario', wideOnly.join(), '--bitfield-access', 'wide');
    expect(verdictsAt(report, 'base')).toEqual({ 'added-vs-msi': 'fails' });
    expect(verdictsAt(report, 'p1')).toEqual({ 'added-vs-msi': 'holds' });
    expect(toldBy(report.results[0]!)).toEqual(expect.arrayContaining([...fields['added-vs-msi']!]));
  });

  test('fail still if their fix only looks like one', async () => {
    const fixes = await Promise.all(
      names.map(async (name) => {
        const patch = await patchOf(name);
        const bad = spoilt[name]!(patch);
        expect(bad, name).not.toBe(patch);
        return bad;
      }),
    );
    const verify = await whole('spoilt', fixes);
    const report = await verify('--stage', `p${names.length}`);
    expect(verdictsAt(report, `p${names.length}`)).toEqual(all('fails', wideOnly, 'holds'));
  });
});
