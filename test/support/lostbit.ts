// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { execute } from '../../src/cli/execute.js';
import { connectTerminal } from '../../src/cli/terminal.js';

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
  const before = { cwd: process.cwd(), exitCode: process.exitCode };
  const written = { out: '', error: '' };
  connectTerminal(
    (stream, text) => {
      written[stream] += text;
    },
    { outColumns: null, errorColumns: null },
  );
  try {
    process.chdir(cwd);
    const status = await execute(args);
    return { status, stdout: written.out, stderr: written.error };
  } finally {
    process.chdir(before.cwd);
    process.exitCode = before.exitCode;
  }
}
