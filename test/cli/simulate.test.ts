// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResultJson } from '../../src/report/schema.js';
import { lostbit, start } from '../support/lostbit.js';
import { quickest } from '../support/race.js';
import { parseReport } from '../support/report.js';
import { flagsC } from '../support/users-flags.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-simulate-'));
});
afterAll(() => rm(dir, { recursive: true }));

const flags = 'intx-mask-vs-bar-write';

const simulate = async (...args: readonly string[]) =>
  lostbit('simulate', ...args, '--toolchain', await quickest);

/** What one stage came to, as JSON, with the exit status. */
async function reported(...args: readonly string[]): Promise<{ status: number | null; result: ResultJson }> {
  const { status, stdout, stderr } = await simulate(...args, '--json');
  expect(stderr).not.toContain('Error');
  return { status, result: parseReport(stdout).results[0]! };
}

/** A user's race of two that count without a lock, in a file. */
async function userFile(name: string, rest = ''): Promise<string> {
  const path = join(dir, name);
  await writeFile(join(dir, 'flags.c'), flagsC);
  await writeFile(
    path,
    `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'Two count',
  source: './flags.c',
  actors: { one: [call('count_up'), call('count_up')], other: [call('count_up'), call('count_up')] },
  observe: { count: 'count' },
  ${rest}
  outcomes: [{ when: {}, grade: 'acceptable', note: 'some of them' }],
});`,
  );
  return path;
}

/** Without what takes time, and what a build has of its own. */
const steady = (text: string) =>
  text
    .replace(/in \d+\.\d+ s(, [\d,]+\/s)?/g, 'in N s')
    .replace(/clang \d[^)]*\)\)/g, 'clang N)')
    .replace(/(@base\.fine):[0-9a-f]{16}:\w+:[0-9a-f]{8}/g, '$1:…');

describe('simulate', () => {
  test('explains itself', async () => {
    const { status, stdout } = await lostbit('simulate', '--help');
    expect(status).toBe(0);
    for (const option of [
      '--stage',
      '--strategy',
      '--preemptions',
      '--executions',
      '--time',
      '--steps',
      '--seed',
    ])
      expect(stdout).toContain(option);
    expect((await lostbit('--help')).stdout).toContain('explore every interleaving of a scenario');
  });

  test('shows outcomes, data races and the execution that fails', async () => {
    const { status, stdout } = await lostbit('simulate', flags, '--stage', 'base');
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const text = steady(stdout);
    expect(text).toContain(`  RESULT  EXECUTIONS    FREQ      EXPECT  DESCRIPTION
    1, 1         120  55.56%  Acceptable  both updates kept
    0, 1          64  29.63%   Forbidden  INTx mask lost: the eventfd keeps firing
    1, 0          32  14.81%   Forbidden  BAR write lost: sizing reads return raw values
  RESULT is virq_disabled, bardirty

  virq_disabled=0 bardirty=1  intx-mask-vs-bar-write@base.fine:…
  virq_disabled=1 bardirty=0  intx-mask-vs-bar-write@base.fine:…

Observation ${flags} Sometimes 96 120
`);
    expect(text).toContain('dpor: 216 executions in N s, all of them');
    expect(text).toContain(
      'BUG: lostbit: data-race in follow_virtual_intx_disable / vfio_basic_config_write',
    );
    expect(text).toContain('1 preemption in ');
    expect(text).toMatch(/✓ base fails, as expected: .*\n {2}reproduce: npx lostbit replay \S+\n/);
    // A table's last column, a schedule and the last line may take what they need.
    const evidence = text
      .slice(text.indexOf('An execution that shows the failure'), text.indexOf('✓'))
      .split('\n');
    expect(evidence.length).toBeGreaterThan(20);
    for (const line of evidence) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  test('is quiet, or verbose', async () => {
    const quiet = await simulate(flags, '--stage', 'p3', '--quiet');
    expect(quiet).toMatchObject({ status: 0, stderr: '' });
    expect(quiet.stdout).toBe('✓ p3 holds, as expected: nothing forbidden in 56 executions, all of them\n\n');
    const brief = await lostbit('simulate', flags, '--stage', 'base');
    const verbose = await lostbit('simulate', flags, '--stage', 'base', '--verbose');
    expect(brief.stdout).toMatch(/\.\.\. \d+ accesses/);
    expect(verbose.stdout).not.toMatch(/\.\.\. \d+ accesses/);
    expect(verbose.stdout.length).toBeGreaterThan(2 * brief.stdout.length);
  });

  test('reports as JSON, to a file too', async () => {
    const { status, result } = await reported(flags, '--stage', 'base');
    expect(status).toBe(0);
    expect(result).toMatchObject({
      engine: 'simulate',
      verdict: 'fails',
      agreement: 'agrees',
      exhaustive: true,
      samples: 216,
      simulation: { strategy: 'dpor', executions: 216, blocked: 0, bounded: null },
    });
    expect(result.races!.map(({ sides }) => sides.map(({ task }) => task).sort())).toContainEqual([
      'masker',
      'mover',
    ]);
    const lost = result.outcomes.find(({ grade }) => grade === 'forbidden')!;
    expect(result.reproduce).toMatch(/^npx lostbit replay /);
    expect(lost.schedule).toContain(`${flags}@base.fine:`);
    expect(result.interleaving!.preemptions).toBe(1);
    const file = join(dir, 'report.json');
    await simulate(flags, '--stage', 'base,p3', '--json', file, '-q');
    const { results } = parseReport(await readFile(file, 'utf8'));
    expect(results.map(({ stage, verdict }) => [stage, verdict])).toEqual([
      ['base', 'fails'],
      ['p3', 'holds'],
    ]);
    expect(results[1]!.interleaving).toBe(undefined);
  });

  test("explores a user's file, whose exit status says what was not expected", async () => {
    const path = await userFile('count.ts');
    const fine = await reported(path);
    expect(fine).toMatchObject({ status: 0, result: { verdict: 'holds', exhaustive: true } });
    expect(fine.result.races).toMatchObject([{ kind: 'plain' }]);
    const claims = await userFile('exclusive.ts', "exclusive: ['count'],");
    const { status, result } = await reported(claims);
    expect(status).toBe(1);
    expect(result).toMatchObject({
      verdict: 'fails',
      violations: [{ kind: 'not-exclusive', object: 'count' }],
    });
    expect(result.reproduce).toMatch(
      /^npx lostbit simulate .*exclusive\.ts --stage base( --toolchain clang)?$/,
    );
    expect(result.interleaving!.accesses.length).toBeGreaterThan(0);
  });

  test.each<[string[], string]>([
    [['--executions', '5'], '5 executions'],
    [['--preemptions', '0'], 'at most 0 preemptions'],
    [['--strategy', 'random', '--executions', '30'], '30 executions'],
    [['--strategy', 'pct', '--executions', '30', '--seed', '3'], '30 executions'],
  ])('%j bounds it', async (options, bounded) => {
    const { result } = await reported(flags, '--stage', 'p3', ...options);
    expect(result).toMatchObject({ exhaustive: false, verdict: 'holds', simulation: { bounded } });
    const { stdout } = await simulate(flags, '--stage', 'p3', ...options);
    expect(stdout).toContain(`bounded: ${bounded}`);
  });

  test('a time and a number of steps bound it', async () => {
    const long = 'vga-change-vs-leaving-driver';
    const timed = await reported(long, '--stage', 'p5', '--time', '100ms');
    expect(timed.result).toMatchObject({ exhaustive: false, simulation: { bounded: '0.1 s' } });
    const short = await reported(flags, '--stage', 'p3', '--steps', '10');
    expect(short.result).toMatchObject({
      exhaustive: false,
      verdict: 'undecided',
      undecided: 'no execution came to its end',
      simulation: { bounded: '10 steps' },
      violations: [],
    });
    expect(short.result.warnings.join()).toContain('cut short after ');
    expect(short.status).toBe(0);
  });

  test.each<[string[], string]>([
    [['no-such-scenario'], 'no-such-scenario'],
    [['reload-before-open'], 'lostbit run reload-before-open'],
    [[flags, '--strategy', 'dpor', '--preemptions', '2'], 'a bound goes with dfs'],
    [[flags, '--strategy', 'luck'], 'Allowed choices are dpor, dfs, random, pct'],
    [[flags, '--executions', '0'], 'Give a whole number, 1 or more.'],
    [[flags, '--executions', '1234567890'], 'Give a number of 9 digits at most.'],
    [[flags, '--stage', 'p9'], 'p9'],
  ])('refuses %j', async (args, text) => {
    const { status, stdout, stderr } = await lostbit('simulate', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(text);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it: what was found is reported', async (signal) => {
    const path = await userFile(`long-${signal}.ts`, '');
    const many = (await readFile(path, 'utf8')).replaceAll(
      "[call('count_up'), call('count_up')]",
      `[${"call('count_up'), ".repeat(12)}]`,
    );
    await writeFile(path, many);
    const before = await readdir(dir);
    const { child, ended, seen } = start(['simulate', path, '--json', '-', '--toolchain', await quickest]);
    for (let i = 0; i < 600 && !/[\d,]{3,} executions/.test(seen()); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill(signal);
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    const [result] = parseReport(stdout).results;
    expect(result).toMatchObject({
      interrupted: true,
      exhaustive: false,
      simulation: { bounded: 'interrupted' },
    });
    expect(result!.samples).toBeGreaterThan(0);
    expect(await readdir(dir)).toEqual(before);
  });
});
