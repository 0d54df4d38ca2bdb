// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// @ts-check
// A small process that starts programs for lostbit: to start one copies the tables of all the memory that the starting
// process has, which takes lostbit itself tens of milliseconds each time. Plain JavaScript, because Node 20 cannot start a
// TypeScript file.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import process from 'node:process';

/**
 * @typedef {import('./execute.js').RunnerRequest} Request
 * @typedef {import('./execute.js').RunnerReply} Reply
 */

/**
 * Runs a program beside a guard that waits for this process's end, whatever causes it: the guard reads from a pipe that
 * only this process can write to, and then kills the whole process group. So no program is left behind.
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

/** How to end what runs. */
const running = /** @type {Map<number, () => void>} */ (new Map());

/** @param {Reply} reply */
const send = (reply) => process.send?.(reply);

/** Temporary directories of lostbit's. */
const scratches = /** @type {Set<string>} */ (new Set());

// lostbit is gone, however it went. Should this process go the same way, the guards see to the rest.
process.on('disconnect', () => {
  for (const kill of running.values()) kill();
  for (const dir of scratches) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  process.exit();
});

process.on('message', (/** @type {Request} */ request) => {
  if (request.kind === 'run') run(request);
  else if (request.kind === 'kill') running.get(request.id)?.();
  else if (request.kind === 'scratch') scratches.add(request.dir);
  else scratches.delete(request.dir);
});

/** @param {Extract<Request, { kind: 'run' }>} request */
function run({ id, path, args, env, scratch }) {
  // A process group of its own: emcc is a script, the compiler its grandchild.
  const child = spawn('/bin/sh', ['-c', guarded, 'sh', scratch ?? '', path, ...args], {
    ...(scratch === null ? {} : { cwd: scratch }),
    env,
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
  running.set(id, kill);
  // The guard has nothing to guard any more.
  child.once('exit', kill);
  // A pipe to what was killed may break.
  child.stdio[3]?.on('error', () => {});
  const printed = { stdout: '', stderr: '' };
  for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
    child[stream]?.setEncoding('utf8').on('data', (text) => {
      printed[stream] += text;
    });
  }
  child.on('error', ({ message }) => {
    running.delete(id);
    send({ id, error: message });
  });
  child.on('close', (code, name) => {
    if (!running.delete(id)) return;
    send({ id, error: null, status: code ?? name ?? 'unknown', ...printed });
  });
}
