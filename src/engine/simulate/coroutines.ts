// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LostbitError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { sha256 } from '../../toolchain/cache.js';
import { compilerSlots } from '../../toolchain/slots.js';

const program = new URL('./coroutines-worker.js', import.meta.url);

/** What the result depends on besides the module: binaryen's version, and the program that uses it. */
export function recipe(): string {
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    dependencies: { binaryen: string };
  };
  return `binaryen ${dependencies.binaryen} ${sha256(readFileSync(program))}`;
}

/** What coroutines-worker.js answers. */
export type CoroutinesMessage =
  | { readonly kind: 'made'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'missing'; readonly what: string };

/**
 * Makes a module that can be suspended within a call of a hook or of a lock function, and resumed: these become imports
 * from `sim`, and the code around them unwinds and rewinds (Asyncify; its state belongs to the scheduler, as
 * `env.__asyncify_state` and `env.__asyncify_data`). Names of functions stay. It takes seconds of one processor, in a
 * thread of its own.
 *
 * @param hooked a module that calls its own hooks.
 * @throws LostbitError `E_HOOK` where the module lacks a function or a global that is replaced.
 */
export function withCoroutines(hooked: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return compilerSlots.run(async () => {
    const worker = idle.pop() ?? new Worker(program, { execArgv: [] });
    worker.ref();
    const over = new AbortController();
    try {
      const ended = once(worker, 'exit', over).then(() => {
        throw new Error('the thread that makes coroutines has ended');
      });
      const answered = once(worker, 'message', over) as Promise<[CoroutinesMessage]>;
      worker.postMessage(hooked);
      const [answer] = await Promise.race([answered, ended]);
      rest(worker);
      if (answer.kind === 'made') return answer.bytes;
      const message = `the wasm module has no ${answer.what}, which the simulator replaces`;
      throw new LostbitError('E_HOOK', message);
    } finally {
      over.abort();
    }
  });
}

/** Threads with nothing to do: the first module costs one nearly twice what the next ones do. */
const idle: Worker[] = [];
/** Milliseconds after which it is given up; it holds some hundred MB. */
const patience = 20_000;

function rest(worker: Worker): void {
  worker.unref();
  idle.push(worker);
  const giveUp = () => {
    const at = idle.indexOf(worker);
    if (at >= 0) void idle.splice(at, 1)[0]!.terminate();
  };
  setTimeout(giveUp, patience).unref();
}
