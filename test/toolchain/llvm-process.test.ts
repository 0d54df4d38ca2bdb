// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { openToolchain } from '../../src/toolchain/find.js';
import { changed, FINE, ownCache, SAMPLE, slowUnit } from './fixture.js';

/** The compiler processes a process has started, by what Linux says of its children. */
function hostsOf(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  return children
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number)
    .filter((pid) => commandOf(pid).includes('llvm-host.js'));
}

/** Empty where there is no such process any more, or only its remains. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const gone = (pids: number[]) =>
  vi.waitFor(() => expect(pids.filter((pid) => commandOf(pid) !== '')).toEqual([]), { timeout: 5_000 });

/** Starts a process that builds; `unit` is an extra translation unit. */
async function builder(stay: boolean, unit = ''): Promise<ChildProcess> {
  const file = join(await ownCache(), 'tree.json');
  await writeFile(file, JSON.stringify(Object.fromEntries(changed(SAMPLE, { 'kernel/extra.c': unit }))));
  const program = fileURLToPath(new URL('programs/build.mjs', import.meta.url));
  return spawn(process.execPath, [program, file, 'llvm', ...(stay ? ['stay'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

describe.skipIf(!existsSync('/proc/self/task'))("npm's LLVM", () => {
  test('when idle, lets its parent end', async () => {
    const parent = await builder(false);
    const [status] = await once(parent, 'exit');
    expect(status).toBe(0);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    'leaves nothing running after %s of its parent',
    async (signal) => {
      const parent = await builder(true);
      await once(parent.stdout!, 'data');
      const hosts = hostsOf(parent.pid!);
      expect(hosts.length).toBeGreaterThan(0);
      parent.kill(signal);
      await gone(hosts);
    },
  );

  test('leaves nothing running when its parent is killed while it compiles', async () => {
    const parent = await builder(true, slowUnit(1_000));
    let hosts: number[] = [];
    await vi.waitFor(() => {
      hosts = hostsOf(parent.pid!);
      expect(hosts.length).toBeGreaterThan(0);
    }, 10_000);
    // By now the unit is being compiled, which takes far longer than the wait for its end.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    parent.kill('SIGKILL');
    await gone(hosts);
  });

  // One life of one toolchain, since each process takes seconds to come to work.
  test('starts when needed, is replaced after its end, and says so where that came while it compiled', async () => {
    const toolchain = await openToolchain('llvm');
    const compile = () => toolchain.compile('kernel/next.c', SAMPLE, FINE);
    expect(hostsOf(process.pid)).toEqual([]);

    const refused = expect(compile()).rejects.toMatchObject({
      code: 'E_TOOLCHAIN',
      message: expect.stringContaining('ended with SIGKILL'),
    });
    await vi.waitFor(() => expect(hostsOf(process.pid)).toHaveLength(1), 10_000);
    process.kill(hostsOf(process.pid)[0]!, 'SIGKILL');
    await refused;

    // No more than there is work for.
    for (let i = 0; i < 3; i++) await compile();
    const [idle, ...others] = hostsOf(process.pid);
    expect(others).toEqual([]);
    process.kill(idle!, 'SIGKILL');
    await gone([idle!]);
    // Its end reaches us an instant after it is gone.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await compile();
    expect(hostsOf(process.pid)).toHaveLength(1);
    expect(hostsOf(process.pid)).not.toContain(idle);
    await toolchain.close();
    expect(hostsOf(process.pid)).toEqual([]);
  });
});
