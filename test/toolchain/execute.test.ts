// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { execute, inTemporaryDirectory } from '../../src/toolchain/execute.js';
import { directoryOf } from '../source/fixture.js';

/** Whether a process runs. */
function alive(pid: number): boolean {
  try {
    // What nobody has waited for yet is dead all the same.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

const gone = (...pids: number[]) =>
  vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 5_000 });

/** A program with a child of its own, as a compiler's driver has; both say who they are, and never end. */
const driver = 'sleep 600 & echo $$ $! > pids; wait';

async function pidsIn(dir: string): Promise<[number, number]> {
  const text = await vi.waitFor(async () => {
    const written = await readFile(join(dir, 'pids'), 'utf8');
    expect(written).toMatch(/^\d+ \d+\n$/);
    return written;
  }, 10_000);
  return text.trim().split(' ').map(Number) as [number, number];
}

describe.skipIf(process.platform !== 'linux')('a program', () => {
  test('is run: what it prints, and its status', async () => {
    const ran = await execute({ path: '/bin/sh' }, [
      '-c',
      'echo out; echo "$1" >&2; exit 3',
      'sh',
      "a 'b' $c",
    ]);
    expect(ran).toEqual({ status: 3, stdout: 'out\n', stderr: "a 'b' $c\n" });
  });

  test('that is not there is named', async () => {
    await expect(execute({ path: '/none/at/all' }, [])).rejects.toMatchObject({
      code: 'E_TOOLCHAIN',
      message: expect.stringMatching(/^\/none\/at\/all cannot be run: /),
    });
  });

  test('is ended when it takes too long, with all it started', async () => {
    const scratch = await directoryOf({});
    await expect(execute({ path: '/bin/sh' }, ['-c', driver], { scratch, limit: 1 })).rejects.toMatchObject({
      code: 'E_TOOLCHAIN',
      message: '/bin/sh was ended after 1 s',
    });
    await gone(...(await pidsIn(scratch)));
  });

  test('is ended by a signal, with all it started', async () => {
    const scratch = await directoryOf({});
    const ending = new AbortController();
    const running = execute({ path: '/bin/sh' }, ['-c', driver], { scratch, signal: ending.signal });
    const pids = await pidsIn(scratch);
    ending.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await gone(...pids);
  });

  test('dies with us, however we die, and so does its temporary directory', async () => {
    const program = fileURLToPath(new URL('programs/execute.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, driver], { stdio: ['ignore', 'pipe', 'inherit'] });
    const dir = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data))),
    );
    const pids = await pidsIn(dir);
    child.kill('SIGKILL');
    await gone(...pids);
    await vi.waitFor(() => expect(existsSync(dir)).toBe(false), 5_000);
  });
});

test('where there is no room for temporary files, that is reported', async () => {
  vi.stubEnv('TMPDIR', '/none/at/all');
  try {
    await expect(inTemporaryDirectory(async () => {})).rejects.toMatchObject({
      code: 'E_TMPDIR',
      message: expect.stringContaining("in '/none/at/all'"),
      advice: { hint: expect.stringContaining('TMPDIR') },
    });
  } finally {
    vi.unstubAllEnvs();
  }
});
