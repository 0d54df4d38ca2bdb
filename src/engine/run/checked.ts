import { CodeMap } from '../../layout/code-map.js';
import type { Instrumented } from '../../machine/machine.js';
import type { Build } from '../../toolchain/build.js';
import { HookKind, hookAccesses } from '../instrument/hook-accesses.js';
import type { MemoryAccess } from '../instrument/memory-accesses.js';

/** Where memory is handed out and taken back, and what looks at accesses: these touch what nobody else may. */
const spared: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/record.c',
  'kernel/slab.c',
  'kernel/violation.c',
  'lab/instance.c',
];

const made = new WeakMap<Build, Instrumented>();

/** What the C side's STUB_ACCESS_BITS leaves to the kind of an access. */
const KIND_BITS = 2;

function whatOf({ site, kind }: MemoryAccess): number {
  if (kind.startsWith('atomic.')) return (site << KIND_BITS) | HookKind.atomic;
  return (site << KIND_BITS) | (kind === 'load' ? HookKind.load : HookKind.store);
}

/**
 * The module with all its memory accesses reported to the stub kernel, which holds them against what is allocated,
 * and writes those down that are asked for, with the number of their {@link Site}.
 */
export function checkedAccesses(build: Build): Instrumented {
  const before = made.get(build);
  if (before !== undefined) return before;
  const codeMap = CodeMap.fromWasm(build.bytes);
  const checked = hookAccesses(build.bytes, {
    hook: 'stub_check_access',
    copyHook: 'stub_check_copy',
    what: whatOf,
    skip: (index) => spared.includes(codeMap.fileOf(index)),
  });
  made.set(build, checked);
  return checked;
}
