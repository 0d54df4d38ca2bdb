// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { access, lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lostbit, root, start } from '../support/lostbit.js';
import { parseReport } from '../support/report.js';
import { flagsC, twoFlags } from '../support/users-flags.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-cli-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** A user's file over two flags; `expect` as source text. */
async function userFile(name: string, expected: string, one = 'packed.a', two = 'packed.b'): Promise<string> {
  const path = join(dir, name);
  await writeFile(join(dir, 'flags.c'), flagsC);
  await writeFile(path, twoFlags(one, two, expected));
  return path;
}

describe('help', () => {
  test('of the whole and of a command', async () => {
    const help = await lostbit('--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toMatchInlineSnapshot(`
      "Usage: lostbit [options] [command]

      Tests a Linux driver's C for lost updates, without a kernel: patch by patch,
      every interleaving, on real threads.

      Options:
        -V, --version                     output the version number
        -h, --help                        display help for command

      Commands:
        list [options]                    scenarios, stages, ops, faults, subjects and
                                          toolchains
        verify [options]                  the matrix: every scenario at every stage
        run [options] <scenario>          run a scenario whose steps come one after
                                          the other
        race [options] <scenario>         race a scenario on real threads
        simulate [options] <scenario>     explore every interleaving of a scenario
        replay [options] <schedule>       run one schedule, simulated and on real
                                          threads
        fidelity [options] [scenario...]  hold the engines against each other, or an
                                          excerpt against a kernel's sources
        layout [options] <struct>         what a struct declares, what compiled code
                                          touches of it, and which updates can be lost
        hazards [options] <path...>       which bit-fields of any C can lose updates:
                                          who writes them, how code gets there, which
                                          locks it holds
        tree [options] <dir>              what a kernel's sources are, and what would
                                          run on them
        series [options]                  the patches behind the stages
        source [options] <dir>            write the C of a stage out
        build [options] <stage>           compile a stage, without running it
        cache                             show or clear the cache of compiled code
        help [command]                    display help for command

      Exit status: 0 as expected, 1 a verdict differs from what is expected, 2 the request cannot be carried out,
      3 a defect of lostbit, 130 interrupted.

      Examples:
        lostbit list
        lostbit verify --time-budget 20s
        lostbit verify --linux ~/linux
        lostbit run reload-before-open --stage base,p1
        lostbit simulate intx-mask-vs-bar-write --stage base,p3
        lostbit race intx-mask-vs-bar-write --stage base,p3
        lostbit race ./my-scenario.ts --time 10s --json report.json
      "
    `);
    const race = await lostbit('race', '--help');
    expect(race.status).toBe(0);
    for (const option of [
      '--stage',
      '--time',
      '--workers',
      '--seed',
      '--toolchain',
      '--bitfield-access',
      '--json',
    ])
      expect(race.stdout).toContain(option);
  });
  test('the version is the package’s', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect((await lostbit('--version')).stdout.trim()).toBe(version);
  });
});

describe('list', () => {
  test('names scenarios, stages, toolchains and ops', async () => {
    const { status, stdout } = await lostbit('list');
    expect(status).toBe(0);
    for (const name of ['intx-mask-vs-bar-write', 'base', 'p3', 'control', 'llvm', 'config_write'])
      expect(stdout).toContain(name);
  });
  test('as JSON', async () => {
    const listed = JSON.parse((await lostbit('list', '--json')).stdout);
    expect(listed.stages.map(({ name }: { name: string }) => name)).toEqual([
      'base',
      'p1',
      'p2',
      'p3',
      'p4',
      'p5',
      'control',
    ]);
    expect(listed.scenarios).toContainEqual(
      expect.objectContaining({ name: 'intx-mask-vs-bar-read', reference: 'fact 25' }),
    );
  });
});

describe('race', () => {
  test('at base something forbidden is seen, as expected; at p3 nothing', async () => {
    const args = ['race', 'intx-mask-vs-bar-write', '--time', '2s', '--json', '-'];
    const base = await lostbit(...args, '--stage', 'base');
    expect(base.status).toBe(0);
    const [failing] = parseReport(base.stdout).results;
    expect(failing).toMatchObject({
      reference: 'fact 24',
      stage: 'base',
      source: 'vfio-pci',
      engine: 'stress',
      verdict: 'fails',
    });
    expect(failing!.outcomes.find(({ grade }) => grade === 'forbidden')?.count).toBeGreaterThan(0);

    const p3 = await lostbit(...args, '--stage', 'p3');
    expect(p3.status).toBe(0);
    const [holding] = parseReport(p3.stdout).results;
    expect(holding).toMatchObject({ stage: 'p3', verdict: 'holds', violations: [] });
    expect(holding!.outcomes.filter(({ grade }) => grade === 'forbidden')).toEqual([]);
    expect(holding!.samples).toBeGreaterThan(0);
  });

  test('several stages, one after the other, each with its verdict', async () => {
    const { status, stdout } = await lostbit(
      'race',
      'intx-mask-vs-bar-write',
      '--stage',
      'base,p3',
      '--time',
      '1s',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Observation intx-mask-vs-bar-write Sometimes [1-9]\d* \d+$/m);
    expect(stdout).toMatch(/^Observation intx-mask-vs-bar-write Never 0 \d+$/m);
    expect(stdout).toMatch(/^✓ base fails, as expected: /m);
    expect(stdout).toMatch(/^✓ p3 holds, as expected: /m);
    expect(stdout).toMatch(
      /reproduce: npx lostbit race intx-mask-vs-bar-write --stage base --time 1s --seed \d+$/m,
    );
  });

  test('the report goes to a file, whole, beside the table', async () => {
    const file = join(dir, 'report.json');
    const { status, stdout } = await lostbit(
      'race',
      'every-flag-its-own-bool',
      '--time',
      '300ms',
      '--json',
      file,
    );
    expect(status).toBe(0);
    expect(stdout).toContain('Observation every-flag-its-own-bool Never');
    expect(parseReport(await readFile(file, 'utf8')).results[0]).toMatchObject({ stage: 'control' });
  });

  test('a seed is what the report says it was', async () => {
    const { stdout } = await lostbit(
      'race',
      'every-flag-its-own-bool',
      '--time',
      '200ms',
      '--json',
      '--seed',
      '0x10',
    );
    expect(parseReport(stdout).results[0]!.threads?.seed).toBe(16);
  });
});

describe('what a scenario file does while it is loaded', () => {
  test.each([
    ['ending the process', 'process.exit(0);', 'ended the process'],
    ['throwing', "throw new Error('not today');", 'not today'],
  ])('%s is no verdict', async (_, statement, text) => {
    const file = await userFile('loading.ts', '', 'plain.a', 'plain.b');
    await writeFile(file, `${statement}\n${await readFile(file, 'utf8')}`);
    const { status, stderr } = await lostbit('race', file, '--time', '200ms');
    expect(status).toBe(2);
    expect(stderr).toContain(text);
  });
  test('looping can be interrupted', async () => {
    const file = await userFile('looping.ts', '', 'plain.a', 'plain.b');
    await writeFile(file, `console.log('looping'); for (;;);\n${await readFile(file, 'utf8')}`);
    const { child, ended, seen } = start(['race', file]);
    while (!seen().includes('looping')) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect((await ended).stderr).toContain('interrupted');
    // By the signal itself where the machine is too busy to end its threads in a second.
    expect([130, 'SIGINT']).toContain(child.exitCode ?? child.signalCode);
  });
});

describe('where the report goes', () => {
  test('through a symbolic link to its target, which stays one', async () => {
    const target = join(dir, 'target.json');
    const link = join(dir, 'link.json');
    await writeFile(target, 'before');
    await symlink(target, link);
    await lostbit('race', 'every-flag-its-own-bool', '--time', '200ms', '--json', link);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    parseReport(await readFile(target, 'utf8'));
  });
  // Node has no call that makes a named pipe.
  test.skipIf(spawnSync('mkfifo', ['--version']).error)('into a pipe as it is', async () => {
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [text, { status }] = await Promise.all([
      readFile(pipe, 'utf8'),
      lostbit('race', 'every-flag-its-own-bool', '--time', '200ms', '--json', pipe),
    ]);
    expect(status).toBe(0);
    parseReport(text);
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });
});

describe('a scenario file that leaves a timer behind', () => {
  test('does not keep the command from ending', async () => {
    const file = await userFile('timer.ts', '', 'plain.a', 'plain.b');
    await writeFile(file, `setInterval(() => {}, 1000);\n${await readFile(file, 'utf8')}`);
    expect((await lostbit('race', file, '--time', '200ms')).status).toBe(0);
  });
});

describe('exit status 1', () => {
  test.each([
    ['something forbidden where nothing was expected', '', 'packed.a', 'packed.b', 'fails'],
    ['forbidden, but expected to hold', "expect: 'holds',", 'packed.a', 'packed.b', 'fails'],
  ])('%s', async (_, expected, one, two, verdict) => {
    const file = await userFile('unexpected.ts', expected, one, two);
    const { status, stdout } = await lostbit('race', file, '--time', '700ms', '--json');
    expect(parseReport(stdout).results[0]!.verdict).toBe(verdict);
    expect(status).toBe(1);
  });
  test('not where a race has not seen what is expected: that contradicts nobody', async () => {
    const file = await userFile('unlucky.ts', "expect: 'fails',", 'plain.a', 'plain.b');
    const { status, stdout } = await lostbit('race', file, '--time', '200ms');
    expect(stdout).toContain('? base undecided, fails expected: a failure is expected, and was not seen');
    expect(status).toBe(0);
  });
  test('not where the failure is expected', async () => {
    const { status } = await lostbit(
      'race',
      await userFile('expected.ts', "expect: 'fails',"),
      '--time',
      '700ms',
    );
    expect(status).toBe(0);
  });
});

describe('exit status 2', () => {
  test.each([
    [['race', 'intx-mask-vs-bar-wrte'], 'E_UNKNOWN_SCENARIO', "did you mean 'intx-mask-vs-bar-write'"],
    [['race', 'intx-mask-vs-bar-write', '--stage', 'p33'], 'E_UNKNOWN_STAGE', "'p3'"],
    [['race', 'intx-mask-vs-bar-write', '--stage', 'p6'], 'E_UNKNOWN_STAGE', "'p1'"],
    [['race', 'nowhere.ts'], 'E_SCENARIO_FILE', 'no such scenario file'],
    [['race', 'intx-mask-vs-bar-write', '--workers', '3'], 'E_WORKERS', 'multiple of 2'],
    [['race', 'intx-mask-vs-bar-write', '--workers', '5000'], 'E_WORKERS', 'at most 64'],
    [['build', 'bsae'], 'E_UNKNOWN_STAGE', "'base'"],
    [['race', 'intx-mask-vs-bar-write', '--stagee', 'p3'], 'unknown option', '--stage'],
    [['rce'], 'unknown command', 'race'],
    [['race'], 'missing required argument', 'scenario'],
    [['race', 'intx-mask-vs-bar-write', '--time', '0s'], '--time', '5s, 500ms or 2m'],
    [['race', 'intx-mask-vs-bar-write', '--seed', '-1'], '--seed', '4294967295'],
    [['race', 'intx-mask-vs-bar-write', '--toolchain', 'gcc'], '--toolchain', 'llvm, emcc, clang'],
    // Reported before the race, and not after ten minutes of it.
    [['race', 'intx-mask-vs-bar-write', '--time', '10m', '--json', '/nowhere/x'], 'E_WRITE', '/nowhere/x'],
    [['race', 'intx-mask-vs-bar-write', '--time', '10m', '--json', ''], 'E_WRITE', 'empty'],
    [['race', 'intx-mask-vs-bar-write', '--time', '10m', '--json', '.'], 'E_WRITE', 'directory'],
    [['cache', 'clear', '--nope'], 'unknown option', '--nope'],
  ])('%j', async (args, ...texts) => {
    const { status, stderr } = await lostbit(...args);
    expect(status).toBe(2);
    for (const text of texts) expect(stderr).toContain(text);
  });

  test.each([
    [['run', 'reload-before-open', '--sequence', 'a\nb'], "'a\\nb'"],
    [['layout', 'a\nb', '--stage', 'base'], "'a\\nb'"],
    [['series', '--stage', 'a\nb'], "'a\\nb'"],
  ])('on one line, whatever name it is about: %j', async (args, text) => {
    const { status, stderr } = await lostbit(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error E_\w+: .*\n {2}hint: .*\n$/);
    expect(stderr).toContain(text);
  });

  test('nothing half-written is left', async () => {
    const before = await readdir(dir);
    const file = join(dir, 'never.json');
    await lostbit('race', 'intx-mask-vs-bar-write', '--stage', 'p33', '--json', file);
    await expect(access(file)).rejects.toThrow();
    expect(await readdir(dir)).toEqual(before);
  });
});
