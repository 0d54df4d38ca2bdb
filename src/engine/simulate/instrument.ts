import { CodeMap } from '../../layout/code-map.js';
import { ImportKind, importsOf, Limits } from '../../layout/imports.js';
import { SectionId, sectionsOf } from '../../layout/wasm-sections.js';
import type { Instrumented } from '../../machine/machine.js';
import { Cache, keyOf, sha256 } from '../../toolchain/cache.js';
import { applyEdits } from '../instrument/edits.js';
import { hookAccesses } from '../instrument/hook-accesses.js';
import { uleb } from '../instrument/leb.js';
import { recipe, withCoroutines } from './coroutines.js';
import { toldOf } from './told.js';

/** Pages of 64 KiB that the simulator and a module share: the module's own first. */
const sharedPages = 8192;

/** What the simulator runs in a module's place. */
export interface Simulated {
  /**
   * Imports `env.memory` (shared, {@link sharedPages}), whatever functions the module imports, and from `sim` the
   * hooks, the lock functions, `stack_pointer` and `tls_base`.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A module for the simulator: each access of memory that is not private to a thread, and each use of a lock, is a
 * call of the scheduler, which may leave the thread there and take it up again.
 *
 * Kept on disk by content, since it takes seconds to make.
 *
 * @param module a linked module.
 * @param warn told where the cache cannot be written.
 * @throws LostbitError `E_HOOK` where it lacks what the simulator replaces, `E_INSTRUCTION` for code that cannot be
 * simulated, `E_BAD_MODULE`.
 */
export async function simulated(
  module: Uint8Array<ArrayBuffer>,
  codeMap = CodeMap.fromWasm(module),
  warn: (text: string) => void = () => {},
): Promise<Simulated> {
  const { locks: _, ...told } = toldOf(module, codeMap);
  const hooked = hookAccesses(module, { ...told, hook: 'sim_access', copyHook: 'sim_copy' });
  const cache = new Cache(warn);
  // What is put in tells of all that it is put in by.
  const key = keyOf('simulated', recipe, sha256(hooked.bytes));
  const before = await cache.get(key);
  if (before !== undefined) return { bytes: before.bytes };
  const bytes = await withCoroutines(withMemory(hooked.bytes, sharedPages));
  await cache.put(key, { bytes, diagnostics: '' });
  return { bytes };
}

/** A module for the replay: the same steps are told to its own `lab_gate`, and copies by their destination. */
export function gated(module: Uint8Array<ArrayBuffer>, codeMap = CodeMap.fromWasm(module)): Instrumented {
  const { locks, ...told } = toldOf(module, codeMap);
  return hookAccesses(module, { ...told, hook: 'lab_gate', callee: (index) => locks.get(index) });
}

/** Has the module import a shared memory of so many pages, no fewer and no more. */
function withMemory(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const memory = importsOf(module).find(({ kind }) => kind === ImportKind.memory)!;
  const section = sectionsOf(module).find(({ id }) => id === SectionId.import)!;
  const limits = [Limits.hasMaximum | Limits.isShared, ...uleb(pages), ...uleb(pages)];
  const size = section.end - section.content + limits.length - (memory.end - memory.start);
  return applyEdits(module, [
    { at: section.start + 1, remove: section.content - section.start - 1, bytes: uleb(size) },
    { at: memory.start, remove: memory.end - memory.start, bytes: limits },
  ]).bytes;
}
