// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LostbitError } from '../errors.js';
import { leftover } from '../leftovers.js';
import { printable } from '../printable.js';
import type { Job, JobResult } from './backend.js';
import { treePath } from './tree-path.js';

/** A program, with the environment it needs beside ours. */
export interface Program {
  readonly path: string;
  /** A variable that is undefined is taken away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
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

/** What the runner is asked for: runner.js. */
export type RunnerRequest =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly path: string;
      readonly args: readonly string[];
      readonly env: NodeJS.ProcessEnv;
      readonly scratch: string | null;
    }
  | { readonly kind: 'kill'; readonly id: number }
  /** A temporary directory of ours, to be removed where we cannot; or one that is gone. */
  | { readonly kind: 'scratch' | 'scratch gone'; readonly dir: string };

/** What it answers when a program has ended, or was never started. */
export type RunnerReply =
  | { readonly id: number; readonly error: string }
  | ({ readonly id: number; readonly error: null } & Ran);

/** The process that starts programs for this one, and what is to become of its replies. */
class Runner {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('./runner.js', import.meta.url)), [], {
    // A loader or an inspector meant for the parent has no business there, nor has a signal from the terminal.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  readonly #waiting = new Map<number, (reply: RunnerReply) => void>();
  #requests = 0;

  constructor() {
    this.#child.on('message', (reply: RunnerReply) => this.#settle(reply));
    const ended = (why: string) => {
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, error: why });
    };
    this.#child.on('error', (error) => ended(error.message));
    this.#child.on('exit', (code, name) => ended(`what runs it ended with ${name ?? `status ${code}`}`));
    this.#rest();
  }

  get alive(): boolean {
    return this.#child.connected && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts a program. */
  run(request: Omit<Extract<RunnerRequest, { kind: 'run' }>, 'kind' | 'id'>): {
    readonly ended: Promise<RunnerReply>;
    kill(): void;
  } {
    const id = this.#requests++;
    this.#child.ref();
    this.#child.channel?.ref();
    const ended = new Promise<RunnerReply>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ kind: 'run', id, ...request }, id);
    return { ended, kill: () => this.#send({ kind: 'kill', id }, id) };
  }

  /** Has a directory removed where this process ends before it says that the directory is gone. */
  guard(dir: string): () => void {
    this.#send({ kind: 'scratch', dir });
    return () => this.#send({ kind: 'scratch gone', dir });
  }

  #send(request: RunnerRequest, id?: number): void {
    this.#child.send(request, (error) => {
      if (error && id !== undefined) this.#settle({ id, error: error.message });
    });
  }

  #settle(reply: RunnerReply): void {
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#rest();
  }

  /** While it has nothing to do, it keeps nobody from ending. */
  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}

let runner: Runner | undefined;

function theRunner(): Runner {
  if (!runner?.alive) runner = new Runner();
  return runner;
}

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
  const { ended, kill } = theRunner().run({
    path,
    args,
    env: { ...process.env, ...env },
    scratch: scratch ?? null,
  });
  signal?.addEventListener('abort', kill, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, limit * 1000);
  const refused = (why: string) => new LostbitError('E_TOOLCHAIN', `${path} cannot be run: ${why}`);
  try {
    const reply = await ended;
    signal?.throwIfAborted();
    if (late) {
      throw new LostbitError('E_TOOLCHAIN', `${path} was ended after ${limit} s`, {
        hint: 'what it was to compile may include a file that never ends, or the machine is too busy',
      });
    }
    if (reply.error !== null) throw refused(reply.error);
    const { status, stdout, stderr } = reply;
    if (notRun.includes(status)) throw refused(stderr.trim() || `status ${status}`);
    return { status, stdout, stderr };
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
 * A new directory, which goes with this process where `remove` is not called before.
 *
 * @throws LostbitError `E_TMPDIR` where none can be made.
 */
export async function temporaryDirectory(): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const dir = join(tmpdir(), `lostbit-${randomUUID()}`);
  const gone = leftover(dir);
  const unguard = theRunner().guard(dir);
  const remove = async () => {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    gone();
    unguard();
  };
  try {
    await mkdir(dir, { mode: 0o700 });
  } catch (error) {
    await remove();
    throw new LostbitError(
      'E_TMPDIR',
      `cannot make a temporary directory in '${printable(tmpdir())}': ${printable((error as Error).message)}`,
      { hint: 'have TMPDIR name a directory that can be written to' },
      error,
    );
  }
  return { dir, remove };
}

/**
 * Calls `work` with a new directory, which is gone afterwards, whatever happened.
 *
 * @throws LostbitError `E_TMPDIR` where none can be made.
 */
export async function inTemporaryDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const { dir, remove } = await temporaryDirectory();
  try {
    return await work(dir);
  } finally {
    await remove();
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

/** Puts the files of a job into its directory. */
export type PlaceFiles = (dir: string, files: Job['files']) => Promise<void>;

/** Runs one job of a toolchain whose compiler and linker are programs. */
export function runJob(
  programs: Record<Job['tool'], Program>,
  job: Job,
  signal: AbortSignal,
  place: PlaceFiles = writeTree,
): Promise<JobResult> {
  return runProgram(programs[job.tool], job, signal, job.once === true ? writeTree : place);
}

/** Runs a compiler or a linker in a directory of its own, which goes with all that it leaves there. */
export function runProgram(
  program: Program,
  { files, args, output }: Omit<Job, 'tool'>,
  signal?: AbortSignal,
  place: PlaceFiles = writeTree,
): Promise<JobResult> {
  return inTemporaryDirectory(async (dir) => {
    await place(dir, files);
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
