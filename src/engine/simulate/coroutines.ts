import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LostbitError } from '../../errors.js';
import { packageRoot } from '../../package-root.js';
import { sha256 } from '../../toolchain/cache.js';
import { compilerSlots } from '../../toolchain/slots.js';

const program = new URL('./coroutines-worker.js', import.meta.url);

/** Tells apart what would make something else of the same module: binaryen's version, and the program that uses it. */
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
 * Makes a module whose calls of the hooks and of the lock functions can be left in the middle and taken up again:
 * these become imports from `sim`, the code around them unwinds and rewinds (Asyncify, whose state the scheduler
 * has, as `env.__asyncify_state` and `env.__asyncify_data`). Names of functions stay. It takes seconds of one
 * processor, in a thread of its own.
 *
 * @param hooked a module that calls its own hooks.
 * @throws LostbitError `E_HOOK` where the module lacks a function or a global that is replaced.
 */
export function withCoroutines(hooked: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return compilerSlots.run(async () => {
    const worker = new Worker(program, { workerData: hooked });
    try {
      const answer = await new Promise<CoroutinesMessage>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('the thread that makes coroutines has ended')));
      });
      if (answer.kind === 'made') return answer.bytes;
      const message = `the wasm module has no ${answer.what}, which the simulator replaces`;
      throw new LostbitError('E_HOOK', message);
    } finally {
      await worker.terminate();
    }
  });
}
