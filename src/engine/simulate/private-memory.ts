import { LostbitError } from '../../errors.js';
import { areaBytes } from '../../machine/machine.js';
import type { AddressRange } from '../instrument/hook-accesses.js';
import { exportedConstant } from '../instrument/module-types.js';
import { statesBytes } from '../states.js';

const pageBytes = 64 * 1024;
/** Each thread that there may be has one, as a worker has. */
const areas = 64;

/**
 * Where each byte belongs to one thread alone, so that nobody can see in which order it is accessed: the threads'
 * areas, behind the module's data, and their states behind these.
 *
 * @throws LostbitError `E_BAD_MODULE` where the linker has not said where the data ends.
 */
export function privateMemory(module: Uint8Array): AddressRange {
  const heapBase = exportedConstant(module, '__heap_base');
  if (heapBase === undefined)
    throw new LostbitError('E_BAD_MODULE', 'the wasm module exports no __heap_base: where do its data end?');
  const start = Math.ceil(heapBase / pageBytes) * pageBytes;
  return { start, bytes: areas * areaBytes + statesBytes };
}
