// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { directoryOf } from '../source/fixture.js';
import { start } from '../support/lostbit.js';

// What the process does about its command, whatever that is: small ones of programs/ instead of the real ones.

const program = fileURLToPath(new URL('programs/supervised.mjs', import.meta.url));
const begin = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => start(args, env, undefined, program);

/** Starts a command that never ends, and waits until it is at it. */
async function busy(name: string, ...more: string[]) {
  const leftover = join(await directoryOf({}), 'left');
  const running = begin([name, leftover, ...more]);
  await vi.waitFor(() => expect(running.seen()).toContain('busy'), 20_000);
  expect(existsSync(leftover)).toBe(true);
  return { ...running, leftover };
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([['busy'], ['busy', 'quietly']])(
    'ends a command that hears nothing: %s %s',
    async (name, ...more) => {
      const { child, ended, leftover } = await busy(name, ...more);
      const began = performance.now();
      child.kill(signal);
      expect((await ended).stderr).toBe('busy\ninterrupted\n');
      // By the signal itself where the machine is too busy to end its threads in a second.
      expect([130, signal]).toContain(child.exitCode ?? child.signalCode);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(existsSync(leftover)).toBe(false);
    },
  );

  test('the second one does not wait for a command that goes on', async () => {
    const { child, ended, seen, leftover } = await busy('stubborn');
    child.kill(signal);
    await vi.waitFor(() => expect(seen()).toContain('heard'), 20_000);
    expect(child.exitCode).toBe(null);
    child.kill(signal);
    await ended;
    expect(child.signalCode).toBe(signal);
    expect(existsSync(leftover)).toBe(false);
  });
});

describe('standard output', () => {
  const into = (file: string, ...args: string[]) =>
    spawnSync('sh', ['-c', `"$@" > ${file}`, 'sh', process.execPath, program, 'prints', ...args], {
      encoding: 'utf8',
    });

  test('is whole in a file, and apart from what others print', async () => {
    const file = join(await directoryOf({}), 'out');
    const { status, stderr } = into(file, '3');
    expect(status).toBe(0);
    const text = await readFile(file, 'utf8');
    expect(text).toMatch(/^0\n1\n(?:\d+\n){14}x+\n$/);
    expect(text).toHaveLength(38 + 3 * 2 ** 20 + 1);
    expect(stderr).toBe('stray \\x1b[2J\n');
  });

  test('is whole in a pipe whose reader is slow', () => {
    const reader = 'sleep 0.3; wc -c';
    const { stdout } = spawnSync(
      'sh',
      ['-c', `"$@" | { ${reader}; }`, 'sh', process.execPath, program, 'prints', '1'],
      { encoding: 'utf8' },
    );
    expect(Number(stdout)).toBe(38 + 2 ** 20 + 1);
  });

  test.skipIf(!existsSync('/dev/full'))('on a full disk makes status 2, and a message', () => {
    const { status, stderr } = into('/dev/full', '0');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^error E_WRITE: standard output could not be written completely: ENOSPC.*\n {2}hint: /m,
    );
  });

  test('that was closed makes status 2, and a message', async () => {
    const child = spawn(process.execPath, [program, 'prints', '1'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(2);
    expect(stderr).toContain(
      'error E_WRITE: standard output could not be written completely: its reader has closed it\n',
    );
  });
});

test('no memory makes status 2, and says what to raise', async () => {
  const { status, stderr } = await begin(['greedy'], { NODE_OPTIONS: '--max-old-space-size=40' }).ended;
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /error E_RESOURCES: there is no memory left.*\n {2}hint: raise .*max-old-space-size/,
  );
});

test.skipIf(process.platform === 'win32')('no more files makes status 2, and says what to raise', () => {
  const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
  for (const limit of [24, 64]) {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -n ${limit}; exec "$@"`, 'sh', process.execPath, main, 'list'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/error E_RESOURCES: .*EMFILE.*\n {2}hint: raise .*ulimit -n/);
  }
});

test('a defect makes status 3, and is shown as what it is', async () => {
  const { status, stderr } = await begin(['defective']).ended;
  expect(status).toBe(3);
  expect(stderr).toContain('defect of lostbit: Error: what is it \\x1b[2J');
});
