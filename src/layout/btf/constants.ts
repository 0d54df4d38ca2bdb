// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The numbers of BTF, as the kernel's documentation of the format (Documentation/bpf/btf.rst) has them. */

export const MAGIC = 0xeb9f;
export const VERSION = 1;
/** Bytes of the header that version 1 began with; a longer one is passed over by its own length. */
export const HEADER = 24;

export const Kind = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  functionProto: 13,
  variable: 14,
  dataSection: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bits of an int's encoding. */
export const IntEncoding = { signed: 1, char: 2, bool: 4 } as const;

/** What follows a type's twelve bytes: so many once, and so many for each of its elements. */
export const TAIL: ReadonlyMap<number, { readonly once: number; readonly each: number }> = new Map([
  [Kind.int, { once: 4, each: 0 }],
  [Kind.pointer, { once: 0, each: 0 }],
  [Kind.array, { once: 12, each: 0 }],
  [Kind.struct, { once: 0, each: 12 }],
  [Kind.union, { once: 0, each: 12 }],
  [Kind.enum, { once: 0, each: 8 }],
  [Kind.forward, { once: 0, each: 0 }],
  [Kind.typedef, { once: 0, each: 0 }],
  [Kind.volatile, { once: 0, each: 0 }],
  [Kind.const, { once: 0, each: 0 }],
  [Kind.restrict, { once: 0, each: 0 }],
  [Kind.function, { once: 0, each: 0 }],
  [Kind.functionProto, { once: 0, each: 8 }],
  [Kind.variable, { once: 4, each: 0 }],
  [Kind.dataSection, { once: 0, each: 12 }],
  [Kind.float, { once: 0, each: 0 }],
  [Kind.declTag, { once: 4, each: 0 }],
  [Kind.typeTag, { once: 0, each: 0 }],
  [Kind.enum64, { once: 0, each: 12 }],
]);
