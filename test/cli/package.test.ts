// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, start } from '../support/lostbit.js';
import { quickest } from '../support/race.js';
import { flagsC, twoFlags } from '../support/users-flags.js';

let app: string;
let main: string;

// What `npm install lostbit` would make: the packed files, with the dependencies beside them.
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'lostbit-app-'));
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', app], {
    cwd: root,
    encoding: 'utf8',
  });
  const modules = join(app, 'node_modules');
  await mkdir(modules);
  execFileSync('tar', ['xzf', join(app, packed.trim().split('\n').at(-1)!), '-C', modules]);
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  execFileSync('mv', [join(modules, 'package'), join(modules, 'lostbit')]);
  main = join(modules, 'lostbit/dist/src/cli/main.js');
});
afterAll(() => rm(app, { recursive: true }));

const installed = (...args: string[]) => start(args, {}, app, main).ended;

describe('the packed package, installed elsewhere', () => {
  test('holds what it needs to run, and no tests', async () => {
    const files = await readdir(join(app, 'node_modules/lostbit'));
    expect(files.sort()).toEqual([
      'LICENSE',
      'LICENSES',
      'NOTICE',
      'README.md',
      'c-src',
      'dist',
      'package.json',
      'schema',
      'subjects',
    ]);
  });
  test('lists', async () => {
    const { status, stdout } = await installed('list');
    expect(status).toBe(0);
    expect(stdout).toContain('intx-mask-vs-bar-write');
  });
  test('races, its workers and compilers starting from there', async () => {
    const { status, stdout } = await installed('race', 'every-flag-its-own-bool', '--time', '300ms');
    expect(stdout).toContain('Observation every-flag-its-own-bool Never 0');
    expect(status).toBe(0);
  });
  test("races a user's own TypeScript file", async () => {
    const file = join(app, 'mine.ts');
    await writeFile(join(app, 'flags.c'), flagsC);
    await writeFile(file, `${twoFlags('plain.a', 'plain.b')}const title: string = 'mine';\nvoid title;\n`);
    const { status, stdout } = await installed('race', file, '--time', '300ms');
    expect(stdout).toContain('Observation mine Never 0');
    expect(status).toBe(0);
  });
  test('has functions for a program of any kind, as one in a command line', async () => {
    await writeFile(join(app, 'flags.c'), flagsC);
    await writeFile(join(app, 'two.ts'), twoFlags('plain.a', 'plain.b'));
    const program = `import { race, simulate } from 'lostbit';
      const { verdict } = await simulate('./two.ts', { toolchain: '${await quickest}' });
      const raced = await race('./two.ts', { toolchain: '${await quickest}', seconds: 0.3 });
      console.log(verdict, raced.verdict);`;
    const command = ['--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, command, { cwd: app, encoding: 'utf8' })).toBe('holds holds\n');
  });
});
