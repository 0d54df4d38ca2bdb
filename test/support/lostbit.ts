// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command line as a user does; `child` for signals, `ended` for what came out. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = root, program = main) {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ended, seen: () => stdout + stderr };
}

/** What the command lines of this process wait for: they share its standard output. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the command line to its end in this process: the same as {@link start}, without what a start costs. What
 * only a process has (signals, pipes, exit codes of Node itself) is for `start`.
 */
export function lostbit(...args: readonly string[]): Promise<Ran> {
  return within(root, args);
}

/** The same in another directory. */
export function within(cwd: string, args: readonly string[]): Promise<Ran> {
  const mine = last.then(() => inProcess(cwd, args));
  last = mine.catch(() => {});
  return mine;
}

async function inProcess(cwd: string, args: readonly string[]): Promise<Ran> {
  const { execute } = await import('../../src/cli/program.js');
  const before = { cwd: process.cwd(), exitCode: process.exitCode, log: console.log, warn: console.error };
  const listeners = signals.map((signal) => [signal, process.listeners(signal)] as const);
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const write = stream.write;
    stream.write = ((chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const done = rest.at(-1);
      if (typeof done === 'function') done();
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  console.log = (...what) => {
    written.stdout += `${format(...what)}\n`;
  };
  console.error = (...what) => {
    written.stderr += `${format(...what)}\n`;
  };
  process.exitCode = undefined;
  try {
    process.chdir(cwd);
    const status = await execute(args);
    return { status, ...written };
  } finally {
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
    console.log = before.log;
    console.error = before.warn;
    for (const one of restore) one();
    for (const [signal, known] of listeners)
      for (const added of process.listeners(signal))
        if (!known.includes(added)) process.removeListener(signal, added);
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const;
