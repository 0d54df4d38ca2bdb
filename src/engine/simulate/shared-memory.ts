// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { applyEdits } from '../../wasm/edits.js';
import { ImportKind, importsOf, Limits } from '../../wasm/imports.js';
import { uleb } from '../../wasm/leb.js';
import { SectionId, sectionsOf } from '../../wasm/sections.js';

/** Pages of 64 KiB that a module shares with the simulator; its own, which it was linked for, come first. */
export const sharedPages = 12288;

/** Has a module import a shared memory of {@link sharedPages}, no fewer and no more. Throws `E_BAD_MODULE`. */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const memory = importsOf(module).find(({ kind }) => kind === ImportKind.memory);
  const section = sectionsOf(module).find(({ id }) => id === SectionId.import);
  if (memory === undefined || section === undefined)
    throw new LostbitError(
      'E_BAD_MODULE',
      'the wasm module imports no memory, which the simulator would share',
    );
  const limits = [Limits.hasMaximum | Limits.isShared, ...uleb(sharedPages), ...uleb(sharedPages)];
  const size = section.end - section.content + limits.length - (memory.end - memory.start);
  return applyEdits(module, [
    { at: section.start + 1, remove: section.content - section.start - 1, bytes: uleb(size) },
    { at: memory.start, remove: memory.end - memory.start, bytes: limits },
  ]).bytes;
}
