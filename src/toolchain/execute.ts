// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { LostbitError } from '../errors.js';
import type { Job, JobResult } from './backend.js';
import { treePath } from './tree-path.js';

/** A program, with the environment it needs beside ours. */
export interface Program {
  readonly path: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  /** Exit status, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Aborting kills it with all it started, and rejects with the signal's reason. */
export async function execute(
  { path, env }: Program,
  args: readonly string[],
  { cwd, signal }: { cwd?: string; signal?: AbortSignal } = {},
): Promise<Ran> {
  signal?.throwIfAborted();
  // A process group of its own: emcc is a script, the compiler its grandchild.
  const child = spawn(path, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended already.
    }
  };
  signal?.addEventListener('abort', kill, { once: true });
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  try {
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, name) => resolve(code ?? name ?? 'unknown'));
    });
    signal?.throwIfAborted();
    return { status, ...printed };
  } catch (error) {
    signal?.throwIfAborted();
    throw new LostbitError('E_TOOLCHAIN', `${path} cannot be run: ${(error as Error).message}`, {}, error);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** The first file of that name on PATH that may be executed. */
export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name))
    .find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Calls `work` with a new directory, which is gone afterwards, whatever happened. */
export async function inTemporaryDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Writes files below `dir`, folders included.
 *
 * @throws LostbitError `E_PATH` for a path that does not stay in there.
 */
export async function writeTree(dir: string, files: Job['files']): Promise<void> {
  for (const [path, content] of files) {
    const file = join(dir, treePath(path, 'the tree'));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

// What the cache's keys know nothing of must not change the result.
const NOTHING_FROM_OUTSIDE = { CPATH: '', C_INCLUDE_PATH: '', EMCC_CFLAGS: '' };

/** Runs one job of a toolchain whose compiler and linker are programs. */
export function runJob(
  programs: Record<Job['tool'], Program>,
  job: Job,
  signal: AbortSignal,
): Promise<JobResult> {
  return runProgram(programs[job.tool], job, signal);
}

/** Runs a compiler or a linker in a directory of its own, which goes with all that it leaves there. */
export function runProgram(
  program: Program,
  { files, args, output }: Omit<Job, 'tool'>,
  signal?: AbortSignal,
): Promise<JobResult> {
  return inTemporaryDirectory(async (dir) => {
    await writeTree(dir, files);
    const env = { ...program.env, ...NOTHING_FROM_OUTSIDE, TMPDIR: dir };
    const { status, stdout, stderr } = await execute({ ...program, env }, args, {
      cwd: dir,
      ...(signal === undefined ? {} : { signal }),
    });
    if (typeof status === 'string') {
      throw new LostbitError('E_TOOLCHAIN', `${program.path} ended with ${status}\n${stderr}`.trimEnd());
    }
    return {
      bytes: status === 0 ? new Uint8Array(await readFile(join(dir, output))) : null,
      diagnostics: stderr,
      printed: stdout,
    };
  });
}
