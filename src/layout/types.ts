// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * C types with their layout, whatever they were read from (DWARF, BTF). Sizes and offsets are bytes.
 * A type that holds another by value never holds itself; cycles go through a pointer, which resolves lazily.
 */
export type Type =
  | VoidType
  | BaseType
  | PointerType
  | StructType
  | ArrayType
  | EnumType
  | TypedefType
  | QualifiedType
  | FunctionType
  | UnknownType;

export interface VoidType {
  readonly kind: 'void';
  readonly size: 0;
}

export interface BaseType {
  readonly kind: 'base';
  /** As the compiler spells it: `_Bool`, `unsigned int`, `long long`. */
  readonly name: string;
  readonly size: number;
  readonly encoding: 'bool' | 'signed' | 'unsigned' | 'float' | 'other';
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly size: number;
  /** Resolved at the first use; reading corrupt input may throw here. */
  readonly target: Type;
}

/** A struct or a union. */
export interface StructType {
  readonly kind: 'struct' | 'union';
  /** The tag, null for an anonymous one. */
  readonly name: string | null;
  readonly size: number;
  /** False where only a declaration (`struct x;`) is known, without members; of size 0 unless that is known. */
  readonly complete: boolean;
  /** What an attribute demands, bytes; absent where none does, and where the input does not say (BTF). */
  readonly alignment?: number;
  /** In the order of their addresses. A base class (`<name>`) is one, and so is the choice of a Rust enum, a union. */
  readonly members: readonly Member[];
  /** What else lies in it, in words, and is not a member, since it has no fixed place, as a virtual base. */
  readonly leftOut?: readonly string[];
}

export interface ArrayType {
  readonly kind: 'array';
  readonly size: number;
  readonly element: Type;
  /** Null for a flexible array (`T x[]`), whose size is 0. */
  readonly count: number | null;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string | null;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly Enumerator[];
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly size: number;
  readonly target: Type;
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly size: number;
  readonly target: Type;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly size: 0;
  readonly returns: Type;
  readonly parameters: readonly Type[];
  readonly variadic: boolean;
}

/** A type that the input refers to and does not hold: a kernel module's BTF read without the kernel's. */
export interface UnknownType {
  readonly kind: 'unknown';
  /** The id that the input refers to it by; the same id is the same type. */
  readonly id: number;
  /** Inferred from what lies behind its fields; 0 where that leaves a choice. */
  readonly size: number;
  /** Whether the layout leaves one size only, which is then `size`. */
  readonly sized: boolean;
}

export interface Member {
  /** Null for an anonymous struct or union. */
  readonly name: string | null;
  readonly type: Type;
  /** What an attribute demands (`__aligned(64)`), bytes; absent where the declaration demands nothing. */
  readonly alignment?: number;
  /** Byte that holds the field's least significant bit (its first byte where it is made of whole bytes). */
  readonly offset: number;
  /** Least significant bit in that byte, 0 = the byte's least significant; null = whole bytes. */
  readonly bit: number | null;
  /** Width of a bit-field; null = whole bytes. */
  readonly bits: number | null;
  /**
   * The unit of the declared type that a bit-field lies in; null for whole bytes, for a packed bit-field
   * that crosses from one such unit into the next, and where the size of its type is unknown.
   */
  readonly storage: ByteRange | null;
  /**
   * Whether a bit-field of width zero (`int : 0;`) stands between it and the bit-field before, which makes them
   * two memory locations. Absent where the input does not say, as DWARF and BTF do not.
   */
  readonly afterZeroWidth?: boolean;
}

/** Bytes [offset, offset + size) of a struct. */
export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

export const VOID: VoidType = { kind: 'void', size: 0 };

/** A pointer whose target is resolved once, when first asked for. */
export function pointerTo(size: number, resolve: () => Type): PointerType {
  let target: Type | undefined;
  return {
    kind: 'pointer',
    size,
    get target() {
      target ??= resolve();
      return target;
    },
  };
}

/** The type behind typedefs and qualifiers. */
export function bare(type: Type): Exclude<Type, TypedefType | QualifiedType> {
  let inner = type;
  while (inner.kind === 'typedef' || inner.kind === 'qualified') inner = inner.target;
  return inner;
}

/** The machine that a layout is for, as far as it is known. */
export interface LayoutTarget {
  /** As compilers call it: `x86_64`, `ppc64le`; null where the input does not say (bare BTF). */
  readonly name: string | null;
  readonly littleEndian: boolean;
  /** Bytes. */
  readonly pointerSize: 4 | 8;
}
