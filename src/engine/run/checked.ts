import { CodeMap } from '../../layout/code-map.js';
import type { Instrumented } from '../../machine/machine.js';
import type { Build } from '../../toolchain/build.js';
import { hookAccesses } from '../instrument/hook-accesses.js';

/** Where memory is handed out and taken back, and what looks at accesses: these touch what nobody else may. */
const spared: readonly (string | null)[] = [
  'kernel/check.c',
  'kernel/slab.c',
  'kernel/violation.c',
  'lab/instance.c',
];

const made = new WeakMap<Build, Instrumented>();

/** The module with all its memory accesses reported to the stub kernel, which holds them against what is allocated. */
export function checkedAccesses(build: Build): Instrumented {
  const before = made.get(build);
  if (before !== undefined) return before;
  const codeMap = CodeMap.fromWasm(build.bytes);
  const checked = hookAccesses(build.bytes, {
    hook: 'stub_check_access',
    skip: (index) => spared.includes(codeMap.fileOf(index)),
  });
  made.set(build, checked);
  return checked;
}
