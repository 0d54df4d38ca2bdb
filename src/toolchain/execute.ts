// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { LostbitError } from '../errors.js';
import { leftover } from '../leftovers.js';
import { printable } from '../printable.js';
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

export interface ExecuteOptions {
  /** A temporary directory of ours that it runs in: where we cannot remove it any more, it goes with the program. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  /** Seconds after which it is killed. */
  readonly limit?: number;
}

/** Seconds that a compiler may take. The longest that is known builds Emscripten's libraries, in one or two minutes. */
export const compilerLimit = 300;

/**
 * Runs a program beside a guard that waits for lostbit's end, whatever causes it: the guard reads from a pipe that only
 * lostbit can write to, and then kills the whole process group. So no program is left behind.
 */
const guarded = `
scratch=$1
shift
{
  read -r _ <&3
  trap '' TERM
  kill -s TERM -- "-$$"
  [ -z "$scratch" ] || rm -rf -- "$scratch"
  kill -s KILL -- "-$$"
} >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** What a shell that cannot run a program ends with. */
const notRun: readonly (number | string)[] = [126, 127];

/**
 * Runs a program to its end. Aborting kills it with all it started, and rejects with the signal's reason.
 *
 * @throws LostbitError `E_TOOLCHAIN` where it cannot be run, or takes too long.
 */
export async function execute(
  { path, env }: Program,
  args: readonly string[],
  { scratch, signal, limit = compilerLimit }: ExecuteOptions = {},
): Promise<Ran> {
  signal?.throwIfAborted();
  // A process group of its own: emcc is a script, the compiler its grandchild.
  const child = spawn('/bin/sh', ['-c', guarded, 'sh', scratch ?? '', path, ...args], {
    ...(scratch === undefined ? {} : { cwd: scratch }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended already.
    }
    child.stdio[3]?.destroy();
  };
  // The guard has nothing to guard any more.
  child.once('exit', kill);
  signal?.addEventListener('abort', kill, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, limit * 1000);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  // A pipe to what was killed may break.
  child.stdio[3]?.on('error', () => {});
  const refused = (why: string, error?: unknown) =>
    new LostbitError('E_TOOLCHAIN', `${path} cannot be run: ${why}`, {}, error);
  try {
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on('error', (error) => reject(refused(error.message, error)));
      child.on('close', (code, name) => resolve(code ?? name ?? 'unknown'));
    });
    signal?.throwIfAborted();
    if (late) {
      throw new LostbitError('E_TOOLCHAIN', `${path} was ended after ${limit} s`, {
        hint: 'what it was to compile may include a file that never ends, or the machine is too busy',
      });
    }
    if (notRun.includes(status)) throw refused(printed.stderr.trim() || `status ${status}`);
    return { status, ...printed };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
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

/**
 * Calls `work` with a new directory, which is gone afterwards, whatever happened.
 *
 * @throws LostbitError `E_TMPDIR` where none can be made.
 */
export async function inTemporaryDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = join(tmpdir(), `lostbit-${randomUUID()}`);
  const gone = leftover(dir);
  try {
    await mkdir(dir, { mode: 0o700 }).catch((error: Error) => {
      throw new LostbitError(
        'E_TMPDIR',
        `cannot make a temporary directory in '${printable(tmpdir())}': ${printable(error.message)}`,
        { hint: 'have TMPDIR name a directory that can be written to' },
        error,
      );
    });
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    gone();
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
      scratch: dir,
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
