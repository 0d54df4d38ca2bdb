// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../layout/code-map.js';
import { chained, type Edit, type Edited, growth } from '../../wasm/edits.js';
import { uleb } from '../../wasm/leb.js';
import { programOf } from '../../wasm/program-section.js';
import { framesOf } from './frames.js';
import { hookOf, rewritten } from './hook-accesses.js';
import { decodeFunctions } from './memory-accesses.js';
import { functionTypes } from './module-types.js';

/** Lets in who waits to interrupt the running task (kernel/cpu.c). */
const WINDOW = 'stub_window';
const CALL = 0x10;

/**
 * Has a subject's code be interrupted between any two of its accesses: it calls `stub_window` before each. What it does on its
 * own stack, nobody can interrupt to see. The stub kernel opens windows by itself, where a driver calls it.
 *
 * Indices, exports, names, data and the numbers of accesses stay as they are; debug information is dropped, as by
 * hookAccesses.
 *
 * @param module a linked module.
 * @param before what was made of it so far.
 * @returns both edits as one.
 * @throws LostbitError `E_HOOK` where there is no `stub_window`, `E_INSTRUCTION`, `E_BAD_MODULE`.
 */
export function interruptible(module: Uint8Array, before: Edited): Edited {
  const { bytes } = before;
  const hook = hookOf(bytes, functionTypes(bytes), WINDOW, []);
  const codeMap = CodeMap.fromWasm(module);
  const { own: units } = programOf(module);
  const { own } = framesOf(module);
  const bodies = decodeFunctions(bytes).flatMap(({ body, accesses }) => {
    if (!units.includes(codeMap.unitOf(body.index) ?? '')) return [];
    const windows = accesses
      .filter(({ site }) => !own.has(site))
      .map(({ offset }): Edit => ({ at: offset, remove: 0, bytes: [CALL, ...uleb(hook)] }));
    if (windows.length === 0) return [];
    const size = uleb(body.end - body.start + growth(windows));
    return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...windows];
  });
  return chained(before, rewritten(bytes, bodies));
}
