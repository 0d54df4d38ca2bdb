// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Instrumented } from '../../machine/machine.js';
import { memoized } from '../../memoized.js';
import { Cache, keyOf, sha256 } from '../../toolchain/cache.js';
import { chained } from '../../wasm/edits.js';
import { hookAccesses } from '../instrument/hook-accesses.js';
import { knowingMeanings, variantsIn } from '../instrument/meanings.js';
import { placedFor } from '../instrument/placed.js';
import { type Site, sitesOf } from '../instrument/sites.js';
import { watchStack } from '../instrument/watch-stack.js';
import { recipe, withCoroutines } from './coroutines.js';
import { ownCode } from './own-code.js';
import { reportedSteps } from './reported-steps.js';
import { withSharedMemory } from './shared-memory.js';

/** What the simulator runs in a module's place. */
export interface Simulated {
  /**
   * Imports `env.memory` (shared, of `sharedPages`) and Asyncify's globals, whatever functions the module imports,
   * and from `sim` the hooks, the lock functions, `stack_pointer` and `tls_base`.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** All accesses of the linked module, by the number in `what`; computed when asked for. */
  readonly sites: readonly Site[];
}

/**
 * A module for the simulator: at each access of memory that is not private to a thread, and at each use of a lock, it
 * calls the scheduler, which may suspend the thread there and resume it later.
 *
 * Kept on disk by content, since it takes seconds to make.
 *
 * @param module a linked module.
 * @param shared tasks share processors, and can be interrupted there between two accesses.
 * @param warn called where the cache cannot be written.
 * @throws LostbitError `E_HOOK` where it lacks what the simulator replaces, `E_INSTRUCTION` for code that cannot be
 * simulated, `E_BAD_MODULE`.
 */
export function simulated(
  module: Uint8Array<ArrayBuffer>,
  shared: boolean,
  warn: ((text: string) => void) | null = null,
): Promise<Simulated> {
  const known = shared ? knownShared : knownAlone;
  const before = known.get(module);
  if (before !== undefined) return before;
  const making = make(module, shared, warn);
  known.set(module, making);
  // The next one is to try again.
  making.catch(() => known.delete(module));
  return making;
}

const knownAlone = new WeakMap<Uint8Array, Promise<Simulated>>();
const knownShared = new WeakMap<Uint8Array, Promise<Simulated>>();

async function make(
  module: Uint8Array<ArrayBuffer>,
  shared: boolean,
  warn: ((text: string) => void) | null,
): Promise<Simulated> {
  const cache = new Cache(warn);
  // Hooking takes a while too; where that was done before, its result is found by a digest.
  const shortcut = keyOf('hooked', ownCode(), shared, sha256(module));
  const before = await cache.get(shortcut);
  const known = before && (await cache.get(new TextDecoder().decode(before.bytes)));
  const bytes = known?.bytes ?? (await rewrite());

  async function rewrite(): Promise<Uint8Array<ArrayBuffer>> {
    const { locks: _, frames, ...steps } = reportedSteps(module);
    const placed = placedFor(module, shared, knowingMeanings(module));
    const watched = watchStack(placed.bytes, { frames: { ...frames, hook: 'sim_frame' } });
    const hooked = hookAccesses(watched.bytes, {
      ...steps,
      variants: variantsIn(module),
      hook: 'sim_access',
      copyHook: 'sim_copy',
      casHook: 'sim_cas',
      loopHook: 'sim_loop',
    });
    const linked = withSharedMemory(hooked.bytes);
    const key = keyOf('simulated', recipe(), sha256(linked));
    const kept = await cache.get(key);
    const made = kept?.bytes ?? (await withCoroutines(linked));
    if (kept === undefined) await cache.put(key, { bytes: made, diagnostics: '' });
    await cache.put(shortcut, { bytes: new TextEncoder().encode(key), diagnostics: '' });
    return made;
  }

  return {
    bytes,
    get sites() {
      return sitesOf(module);
    },
  };
}

/** A module for the replay: the same steps are reported to its own `lab_gate`, and `lab_gate_copy`. */
export const gated = (module: Uint8Array<ArrayBuffer>, shared: boolean): Instrumented =>
  shared ? gatedShared(module) : gatedAlone(module);

const gatedAlone = memoized((module: Uint8Array<ArrayBuffer>) => gate(module, false));
const gatedShared = memoized((module: Uint8Array<ArrayBuffer>) => gate(module, true));

function gate(module: Uint8Array<ArrayBuffer>, shared: boolean): Instrumented {
  const { locks, frames, ...steps } = reportedSteps(module);
  const placed = placedFor(module, shared);
  const watched = watchStack(placed.bytes, { frames: { ...frames, hook: 'lab_gate' } });
  const hooked = hookAccesses(watched.bytes, {
    ...steps,
    hook: 'lab_gate',
    copyHook: 'lab_gate_copy',
    callee: (index) => locks.get(index),
  });
  return chained(placed, chained(watched, hooked));
}
