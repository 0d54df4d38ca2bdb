// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { timings } from '../src/engine/stress/tuner.js';
import { packageRoot } from '../src/package-root.js';
import { row, type StressRow } from './stress.js';

const execute = promisify(execFile);

const flags = '-O2 -g -std=gnu11 -Wno-attributes -fno-strict-aliasing -fno-pie'.split(' ');
/** What the host brings itself: sleeping on a word, and the C library's string functions. */
const hosts = ['park.c', 'string.c'];

/**
 * The same lab and driver, compiled by gcc and raced on POSIX threads. There is no tuner there: every timing
 * of the tuner's is run, and the best one counts. Empty where there is no gcc.
 */
export async function nativeRows(
  tell: (what: string) => void,
  lineTransfer: () => Promise<number | null>,
): Promise<StressRow[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return [];
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-native-'));
  try {
    tell('native: compiling');
    const host = await compile(dir);
    const rows: StressRow[] = [];
    for (const what of ['packed', 'plain', 'driver']) {
      tell(`native ${what}`);
      let best: StressRow | undefined;
      for (const { pace, delay } of timings) {
        const line = await lineTransfer();
        const { stdout } = await execute(host, [what, '1', String(pace), String(delay)]);
        const [samples = 0, lost = 0, seconds = 1] = stdout.trim().split(' ').map(Number);
        const measured = row(nativeNames[what]!, 2, true, samples, lost, seconds, line);
        if (best === undefined || measured.lostPerSecond > best.lostPerSecond) best = measured;
      }
      rows.push(best!);
    }
    return rows;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    tell('native: no gcc, left out');
    return [];
  } finally {
    await rm(dir, { recursive: true });
  }
}

/**
 * Measures how many nanoseconds a cache line takes between the first two processors; a sample of a race needs
 * at least one such transfer. `null` without gcc.
 */
export async function withLineTransfer<T>(
  work: (measure: () => Promise<number | null>) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-transfer-'));
  try {
    const program = join(dir, 'transfer');
    const source = join(packageRoot(), 'bench/native/transfer.c');
    const there = await execute('gcc', ['-O2', '-pthread', source, '-o', program]).catch(() => null);
    return await work(async () => (there === null ? null : Number((await execute(program)).stdout)));
  } finally {
    await rm(dir, { recursive: true });
  }
}

const nativeNames: Readonly<Record<string, string>> = {
  packed: 'native-bare-bitfields',
  plain: 'native-bare-bools',
  driver: 'native-driver-base',
};

async function compile(dir: string): Promise<string> {
  const root = packageRoot();
  const sources = ['bench/native/kernel.c'];
  for (const folder of ['kernel', 'lab', 'vfio']) {
    const names = await readdir(join(root, 'c-src', folder), { recursive: true });
    for (const name of names.filter((file) => file.endsWith('.c')))
      if (folder !== 'kernel' || !hosts.includes(name)) sources.push(`c-src/${folder}/${name}`);
  }
  const objects = sources.map((_, i) => join(dir, `${i}.o`));
  for (const [i, source] of sources.entries()) {
    const include = ['-ffreestanding', '-I', 'c-src/include', '-I', 'c-src', '-I', '.'];
    await execute('gcc', [...flags, ...include, '-c', source, '-o', objects[i]!], { cwd: root });
  }
  const host = join(dir, 'host');
  await execute(
    'gcc',
    [...flags, '-no-pie', '-pthread', '-I', '.', 'bench/native/host.c', ...objects, '-o', host],
    {
      cwd: root,
    },
  );
  return host;
}
