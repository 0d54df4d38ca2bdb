// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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

/** Runs the command line to its end. */
export function lostbit(...args: readonly string[]): Promise<Ran> {
  return start(args).ended;
}
