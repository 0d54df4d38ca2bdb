// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type GccMachine, gccMachines } from '../toolchain/bit-fields/gcc-rule.js';
import { accessFlags } from '../toolchain/flags.js';
import type { BitfieldAccess, Dialect, FileTree, Toolchain } from '../toolchain/types.js';
import { type AccessSpan, spansOf } from './spans/access-span.js';
import { accessorUnit, type Wanted } from './spans/accessors.js';
import { irAccesses } from './spans/ir-accesses.js';
import type { CompilerTarget } from './targets.js';
import type { StructType } from './types.js';

export type { AccessSpan } from './spans/access-span.js';
export { gccSpans } from './spans/gcc.js';

/**
 * The bytes that compiled code reads and writes for each scalar field of a struct or union, by the field's path; a
 * field that is a struct, a union or an array has none. They are read out of what clang makes of two functions for
 * each, optimised, before a back end turns it into instructions: what the front end and the optimiser decided. A back
 * end never widens that. It may narrow it: x86 sets a flag in a unit of 16 bits by an instruction of 8, and WebAssembly,
 * which writes both bytes, reads the one that a flag is in where it reads alone. What a unit is rounded up to may take
 * in padding, and never another C11 memory location.
 *
 * Of an x86 `long double` its ten bytes are accessed and not its padding. An atomic field that only a function of the
 * runtime can access has the bytes that are passed to that function.
 *
 * Fine accesses are gcc's where its rule is known, on x86_64, i386 and aarch64, and on wasm32 those of x86_64; on other
 * machines they are clang's.
 *
 * `path` is the file of the tree that defines the struct. The machine may be one that the toolchain makes no code for.
 *
 * Throws `E_COMPILE` with the compiler's diagnostics, as where the tree has a struct of another size, `E_UNKNOWN_TYPE`
 * for a struct without a tag, and `E_TOOLCHAIN` for Emscripten, which knows its own machine only.
 */
export async function accessSpans(
  toolchain: Toolchain,
  tree: FileTree,
  path: string,
  struct: StructType,
  target: CompilerTarget,
  access: BitfieldAccess,
  signal?: AbortSignal,
  wanted: Wanted = () => true,
  dialect?: Dialect,
): Promise<ReadonlyMap<string, AccessSpan>> {
  const unit = accessorUnit(struct, path, wanted, dialect?.front);
  const files = new Map(tree).set(unit.path, unit.text);
  const flags = [`--target=${target.triple}`, '-O2', '-w'];
  const machine = access === 'fine' ? gccOf(target) : null;
  const { bytes } =
    machine === null
      ? await toolchain.lower(unit.path, files, [...flags, ...accessFlags(access)], signal, dialect)
      : await toolchain.lowerAsGcc(unit.path, files, flags, machine, signal, dialect);
  return spansOf(unit.accessors, irAccesses(Buffer.from(bytes).toString('utf8'), target));
}

/** The machine whose gcc is the measure: wasm32 has none, and stands for x86_64. Null where no rule is known. */
function gccOf({ name }: CompilerTarget): GccMachine | null {
  const gcc = name === 'wasm32' ? 'x86_64' : name;
  return Object.hasOwn(gccMachines, gcc) ? gccMachines[gcc as keyof typeof gccMachines] : null;
}
