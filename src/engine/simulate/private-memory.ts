// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { areaBytes, threadLimitOf } from '../../machine/machine.js';
import type { AddressRange } from '../instrument/hook-accesses.js';
import { exportedConstant } from '../instrument/module-types.js';
import { statesBytes } from '../states.js';

const pageBytes = 64 * 1024;

/**
 * Where the threads' areas lie, side by side behind the module's data: their thread-local storage and their stacks.
 *
 * @throws LostbitError `E_BAD_MODULE` where the module does not export where its data ends.
 */
export function threadAreas(module: Uint8Array): AddressRange {
  const heapBase = exportedConstant(module, '__heap_base');
  if (heapBase === undefined)
    throw new LostbitError('E_BAD_MODULE', 'the wasm module exports no __heap_base: where do its data end?');
  const start = Math.ceil(heapBase / pageBytes) * pageBytes;
  return { start, bytes: threadLimitOf(module) * areaBytes };
}

/**
 * Where each byte belongs to one thread alone, so that nobody can see in which order it is accessed: what the lab keeps
 * of each, behind their areas. What lies in an area is not private, since its address may go anywhere.
 *
 * @throws LostbitError `E_BAD_MODULE` where the module does not export where its data ends.
 */
export function privateMemory(module: Uint8Array): AddressRange {
  const { start, bytes } = threadAreas(module);
  return { start: start + bytes, bytes: statesBytes };
}
