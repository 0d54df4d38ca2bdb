// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { execute, onPath, type Program, runProgram } from '../../toolchain/execute.js';
import { languageFlags } from '../../toolchain/flags.js';
import { includeClosure } from '../../toolchain/includes.js';
import { compilerSlots } from '../../toolchain/slots.js';
import type { Dialect, FileTree } from '../../toolchain/types.js';
import type { CompilerTarget, TargetName } from '../targets.js';
import type { StructType } from '../types.js';
import { aarch64Accesses } from './aarch64-accesses.js';
import { type AccessSpan, spansOf } from './access-span.js';
import { accessorUnit, type Wanted } from './accessors.js';
import type { Touched } from './touched.js';
import { x86Accesses } from './x86-accesses.js';

/** A machine whose assembly can be read. */
interface Machine {
  /** The target (`-dumpmachine`) of a gcc that makes code for it with these flags. */
  readonly dumped: RegExp;
  readonly flags: readonly string[];
  readonly accesses: (assembly: string) => Map<string, Touched>;
}

const LINUX = '(?:\\w+-)?linux(?:-gnu|-musl)?$';
const MACHINES: Readonly<Partial<Record<TargetName, Machine>>> = {
  x86_64: {
    dumped: new RegExp(`^x86_64-${LINUX}`),
    flags: ['-m64', '-masm=intel'],
    accesses: (assembly) => x86Accesses(assembly, 'x86_64'),
  },
  i386: {
    dumped: new RegExp(`^(?:x86_64|i[3-6]86)-${LINUX}`),
    // Arguments in registers, as the kernel has them.
    flags: ['-m32', '-mregparm=3', '-masm=intel'],
    accesses: (assembly) => x86Accesses(assembly, 'i386'),
  },
  aarch64: { dumped: new RegExp(`^aarch64-${LINUX}`), flags: [], accesses: aarch64Accesses },
};

/** One function for each accessor and nothing else in it, whatever a distribution has gcc add. */
const FLAGS = [
  '-O2',
  '-w',
  '-fno-ipa-icf',
  '-fno-stack-protector',
  '-fomit-frame-pointer',
  '-fno-asynchronous-unwind-tables',
  '-S',
];

/**
 * The same of the system's gcc, out of its assembly: the instructions that there are. Null where no gcc on PATH makes
 * code for the target, and for machines other than x86_64, i386 and aarch64.
 *
 * Throws `E_COMPILE` with the compiler's diagnostics, as where it lays the struct out in another size, and the
 * signal's reason.
 */
export async function gccSpans(
  tree: FileTree,
  path: string,
  struct: StructType,
  target: CompilerTarget,
  signal?: AbortSignal,
  wanted: Wanted = () => true,
  dialect?: Dialect,
): Promise<ReadonlyMap<string, AccessSpan> | null> {
  const machine = MACHINES[target.name];
  const gcc = machine && (await findGcc(machine, target, signal));
  if (machine === undefined || gcc === null || gcc === undefined) return null;
  const { path: unit, text, accessors } = accessorUnit(struct, path, wanted, dialect?.front);
  const whole = new Map(tree).set(unit, text);
  const files = new Map(
    [unit, ...includeClosure(unit, whole, dialect)].map((file) => [file, whole.get(file)!]),
  );
  const output = 'accessors.s';
  const args = [...languageFlags(dialect), ...FLAGS, ...machine.flags, unit, '-o', output];
  const { bytes, diagnostics } = await compilerSlots.run(
    () => runProgram(gcc, { args, files, output }, signal),
    signal,
  );
  if (bytes === null) {
    throw new LostbitError('E_COMPILE', `${path} does not compile (${gcc.path}):\n${diagnostics.trimEnd()}`);
  }
  return spansOf(accessors, machine.accesses(Buffer.from(bytes).toString('utf8')));
}

/** The first that makes code for the machine. What is called gcc may be clang. */
async function findGcc(
  { dumped, flags }: Machine,
  { triple }: CompilerTarget,
  signal?: AbortSignal,
): Promise<Program | null> {
  const names = [
    'gcc',
    `${triple}-gcc`,
    ...(triple.startsWith('i386') ? [`${triple.replace('i386', 'i686')}-gcc`] : []),
  ];
  for (const name of names) {
    const path = onPath(name);
    if (path === undefined) continue;
    const options = signal === undefined ? {} : { signal };
    const { stdout: is } = await execute({ path }, [...flags, '-dumpmachine'], options);
    const { stdout: version } = await execute({ path }, ['--version'], options);
    if (dumped.test(is.trim()) && !version.includes('clang')) return { path };
  }
  return null;
}
