// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start } from '../support/lostbit.js';
import { quickest } from '../support/race.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-interrupt-'));
});
afterAll(() => rm(dir, { recursive: true }));

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Process ids of everything below a process. */
function descendants(pid: number): number[] {
  const table = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.flatMap(([child, of]) => (of === parent ? [child!, ...below(child!)] : []));
  return below(pid);
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error(`never: ${what}`);
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends a race: what was found is shown, no process and no file is left', async () => {
    const file = join(dir, 'report.json');
    const { child, ended, seen } = start(['race', 'intx-mask-vs-bar-write', '--time', '60s', '--json', file]);
    await until(() => seen().includes('racing'), 'the race begins');
    child.kill(signal);
    const { status, stdout } = await ended;
    expect(status).toBe(130);
    expect(stdout).toContain('interrupted: stopped early');
    expect(stdout).toContain('Observation intx-mask-vs-bar-write');
    expect(await readdir(dir)).toEqual([]);
  });

  test('ends a build and its compilers', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'lostbit-cache-'));
    try {
      const build = ['build', 'base', '--toolchain', await quickest];
      const { child, ended, seen } = start(build, { LOSTBIT_CACHE: cache });
      await until(() => seen().includes('building'), 'the build begins');
      await until(() => descendants(child.pid!).length > 0, 'a compiler runs');
      await sleep(500);
      const compilers = descendants(child.pid!);
      expect(compilers.length).toBeGreaterThan(0);
      child.kill(signal);
      expect((await ended).status).toBe(130);
      await until(() => !compilers.some(alive), 'all compilers end');
      if (signal !== 'SIGINT') return;
      // And the cache it leaves is good for the next one.
      const again = await start(build, { LOSTBIT_CACHE: cache }).ended;
      expect(again.stdout).toContain('base: ');
      expect(again.status).toBe(0);
    } finally {
      await rm(cache, { recursive: true });
    }
  });
});
