// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Search, Timing } from '../src/engine/stress/timing.js';
import { packageRoot } from '../src/package-root.js';

const execute = promisify(execFile);

const flags = '-O2 -g -std=gnu11 -Wno-attributes -fno-strict-aliasing -fno-pie'.split(' ');
/** What the host brings itself: what WebAssembly gives the module, and the C library's string functions. */
const hosts = ['host.c', 'string.c'];
/** Instances that it races over: INSTANCES of `native/host.c`. */
export const nativeInstances = 64;

/** What a race came to. */
export interface Raced {
  readonly samples: number;
  readonly lost: number;
  readonly seconds: number;
}

/** The same lab and driver, compiled by gcc and raced on POSIX threads. */
export class Native {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts what {@link withNative} has compiled. */
  static open(host: string, what: 'packed' | 'plain' | 'driver'): Native {
    return new Native(spawn(host, [what], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Races so long in that way. */
  async race({ batch, pace, delay, late, lag }: Timing, ms: number): Promise<Raced> {
    this.#process.stdin!.write(`${ms} ${batch} ${pace} ${delay} ${late} ${lag}\n`);
    const { value } = await this.#lines.next();
    const [samples, lost, seconds] = String(value).split(' ').map(Number);
    if (samples === undefined || lost === undefined || seconds === undefined)
      throw new Error(`the native build printed ${JSON.stringify(value)}`);
    return { samples, lost, seconds };
  }

  /** Races so long, a slice each as the search says. */
  async search(search: Search, ms: number, sliceMs: number): Promise<Raced> {
    let sum: Raced = { samples: 0, lost: 0, seconds: 0 };
    let timing = search.first;
    while (sum.seconds * 1000 < ms) {
      const { samples, lost, seconds } = await this.race(timing, sliceMs);
      sum = { samples: sum.samples + samples, lost: sum.lost + lost, seconds: sum.seconds + seconds };
      timing = search.next(lost, seconds * 1000);
    }
    return sum;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'close');
    this.#process.stdin!.end();
    await ended;
  }
}

/** Compiles the native build for as long as `work` takes; `null` where that cannot be had: no gcc, another processor. */
export async function withNative<T>(
  progress: (what: string) => void,
  work: (host: string | null) => Promise<T>,
): Promise<T> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return work(null);
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-native-'));
  try {
    progress('native: compiling');
    return await work(await compile(dir));
  } finally {
    await rm(dir, { recursive: true });
  }

  async function compile(dir: string): Promise<string | null> {
    try {
      return await compileHost(dir);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code !== 'ENOENT';
      // Machines' own variables are placed by the instrumenter, which knows WebAssembly only: today it does not compile.
      progress(isThere ? 'native: does not compile, left out' : 'native: no gcc, left out');
      return null;
    }
  }
}

/**
 * Measures how many nanoseconds a cache line takes between the first two processors; a sample of a race needs
 * at least one such transfer. `null` without gcc.
 */
export async function withLineTransfer<T>(
  turns: number,
  work: (measure: () => Promise<number | null>) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-transfer-'));
  try {
    const program = join(dir, 'transfer');
    const source = join(packageRoot(), 'bench/native/transfer.c');
    const there = await execute('gcc', ['-O2', '-pthread', source, '-o', program]).catch(() => null);
    return await work(async () =>
      there === null ? null : Number((await execute(program, [String(turns)])).stdout),
    );
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** gcc links what it compiles in one go, a part a processor; with the host, whose headers are the C library's. */
async function compileHost(dir: string): Promise<string> {
  const cwd = packageRoot();
  const sources = ['bench/native/kernel.c'];
  for (const folder of ['kernel', 'lab', 'vfio']) {
    const names = await readdir(join(cwd, 'c-src', folder), { recursive: true });
    for (const name of names.filter((file) => file.endsWith('.c')))
      if (folder !== 'kernel' || !hosts.includes(name)) sources.push(`c-src/${folder}/${name}`);
  }
  const include = ['-ffreestanding', '-I', 'c-src/include', '-I', 'c-src', '-I', '.'];
  const parts = Array.from({ length: availableParallelism() }, (_, i) => ({
    object: join(dir, `${i}.o`),
    sources: sources.filter((_, n) => n % availableParallelism() === i),
  }));
  await Promise.all(
    parts.map(({ object, sources }) =>
      execute('gcc', [...flags, ...include, ...sources, '-r', '-nostdlib', '-o', object], { cwd }),
    ),
  );
  const host = join(dir, 'host');
  const objects = parts.map(({ object }) => object);
  const link = ['-no-pie', '-pthread', '-I', '.', 'bench/native/host.c', ...objects, '-o', host];
  await execute('gcc', [...flags, ...link], { cwd });
  return host;
}
