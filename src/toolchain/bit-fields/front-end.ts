// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Raised with every change of how units are rewritten here: it is part of the cache key of objects. */
export const REWRITER = 1;

/**
 * Arguments that have the front end print its record layouts. It goes on as it would, so that the object is the same.
 */
export const recordFlags: readonly string[] = ['-Xclang', '-fdump-record-layouts'];

/** Arguments for intermediate code as the front end makes it, with the names that it gives to values. */
export const irFlags: readonly string[] = [
  ...recordFlags,
  '-Xclang',
  '-disable-llvm-passes',
  '-fno-discard-value-names',
  // The code generator's unit is the whole run then, which distinguishes more records.
  '-fno-fine-grained-bitfield-accesses',
];

const UNIT = /<CGBitFieldInfo Offset:\d+ Size:(\d+) IsSigned:\d StorageSize:(\d+) /g;
/** Bit-fields that are declared volatile. */
const VOLATILE = /^ *\d+:[-\d]+ \| +(?:const )?volatile /m;

/**
 * Has a unit bit-fields that clang may access otherwise than gcc, even with fine-grained accesses? Not if each lies in a
 * byte, or is all of an integer.
 *
 * @param printed what the front end printed while it compiled with fine-grained accesses
 */
export function differsFromGcc(printed: string): boolean {
  if (VOLATILE.test(printed)) return true;
  for (const [, size, storage] of printed.matchAll(UNIT)) {
    const isWhole = size === storage && /^(?:16|32|64)$/.test(storage!);
    if (storage !== '8' && !isWhole) return true;
  }
  return false;
}

/** Code without debug information, by which it has been rewritten: its instructions are as if there had been none. */
export function withoutDebugInfo(module: string): string {
  return module
    .replace(/^.*dbg[._]declare\((?:metadata )?(?:ptr|\S+\*) .*\n/gm, '')
    .replace(/,? !dbg !\d+/g, '');
}
