// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../layout/code-map.js';
import { debugInfoOf, type Instrumented } from '../../machine/machine.js';
import { memoized } from '../../memoized.js';
import { ownPath } from '../../source/own-path.js';
import { allocatorUnits } from '../../source/units-apart.js';
import { chained } from '../../wasm/edits.js';
import { functionNames } from '../../wasm/function-names.js';
import { framesOf, isLinkers } from '../instrument/frames.js';
import { hookAccesses } from '../instrument/hook-accesses.js';
import { knowingMeanings, variantsIn } from '../instrument/meanings.js';
import type { MemoryAccess } from '../instrument/memory-accesses.js';
import { rebased } from '../instrument/rebase.js';
import { watchStack } from '../instrument/watch-stack.js';

/** Of the allocator's files, the one that calls the others with what it has on its stack. */
const CALLING = 'lab/instance.c';

/** What the C side's STUB_ACCESS_BITS leaves to the kind of an access. */
const KIND_BITS = 2;

/** An access as `enum stub_access` has it, with its site above. */
function whatOf(module: Uint8Array): (access: MemoryAccess) => number {
  const values = debugInfoOf(module).enumeration('stub_access');
  const [load, store, atomic] = ['STUB_LOAD', 'STUB_STORE', 'STUB_ATOMIC'].map((name) => values.get(name)!);
  return ({ site, kind }) =>
    (site << KIND_BITS) | (kind.startsWith('atomic.') ? atomic! : kind === 'load' ? load! : store!);
}

/**
 * The module with all its memory accesses reported to the stub kernel, which checks them against what is allocated,
 * and records those that are asked for, with the number of their {@link Site}.
 */
export const checkedAccesses = memoized((module: Uint8Array<ArrayBuffer>): Instrumented => {
  const codeMap = CodeMap.fromWasm(module);
  const names = functionNames(module);
  const { own } = framesOf(module);
  const isExcluded = (index: number) => allocatorUnits.includes(ownPath(codeMap.unitOf(index)));
  const placed = rebased(module, knowingMeanings(module));
  const watched = watchStack(placed.bytes, {
    frames: {
      hook: 'stub_check_frame',
      what: ({ move }) => Number(move === 'leave'),
      skip: (index) => isExcluded(index) && ownPath(codeMap.unitOf(index)) !== CALLING,
    },
  });
  const hooked = hookAccesses(watched.bytes, {
    hook: 'stub_check_access',
    copyHook: 'stub_check_copy',
    what: whatOf(module),
    skip: (index) => isExcluded(index) || isLinkers(names.get(index) ?? ''),
    isOwn: (site) => own.has(site),
    variants: variantsIn(module),
  });
  return chained(placed, chained(watched, hooked));
});
