// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { placeBitField } from '../dwarf/bit-field.js';
import { DEEPEST, LARGEST_SIZE } from '../extent.js';
import { inAddressOrder } from '../member-order.js';
import {
  type BaseType,
  bare,
  type EnumType,
  type FunctionType,
  type Member,
  pointerTo,
  type QualifiedType,
  type StructType,
  type Type,
  VOID,
} from '../types.js';
import { IntEncoding, Kind } from './constants.js';
import type { BtfSpace, Entry } from './space.js';
import { type Bounds, inferSizes } from './unknown-sizes.js';

const QUALIFIERS: ReadonlyMap<number, QualifiedType['qualifier']> = new Map([
  [Kind.const, 'const'],
  [Kind.volatile, 'volatile'],
  [Kind.restrict, 'restrict'],
]);

const NAMED_OR_QUALIFIED: ReadonlySet<number> = new Set([Kind.typedef, Kind.typeTag, ...QUALIFIERS.keys()]);

/** Turns BTF into the type model, each type once. Throws `E_BAD_BTF`. */
export class BtfTypeReader {
  readonly #space: BtfSpace;
  readonly #pointerSize: number;
  /** The definition of a struct or union that is declared only, by its kind and name. */
  readonly #definition: (kind: number, name: string) => number | undefined;
  readonly #known = new Map<number, Type>();
  readonly #open = new Set<number>();
  #unknownSizes: ReadonlyMap<number, Bounds> | undefined;

  constructor(
    space: BtfSpace,
    pointerSize: number,
    definition: (kind: number, name: string) => number | undefined,
  ) {
    this.#space = space;
    this.#pointerSize = pointerSize;
    this.#definition = definition;
  }

  read(id: number): Type {
    if (id === 0) return VOID;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) throw bad(id, 'contains itself');
    if (this.#open.size >= DEEPEST.bodies) throw bad(id, `is nested more than ${DEEPEST.bodies} deep`);
    this.#open.add(id);
    try {
      const entry = this.#space.entry(id);
      const type = entry === null ? this.#unknown(id) : this.#build(entry);
      this.#known.set(id, type);
      return type;
    } finally {
      this.#open.delete(id);
    }
  }

  #build(entry: Entry): Type {
    const { kind, sizeOrType } = entry;
    switch (kind) {
      case Kind.int:
        return this.#int(entry);
      case Kind.float:
        return { kind: 'base', name: this.#name(entry) ?? '?', size: sizeOrType, encoding: 'float' };
      case Kind.pointer:
        return pointerTo(this.#pointerSize, () => this.read(sizeOrType));
      case Kind.array:
        return this.#array(entry);
      case Kind.struct:
      case Kind.union:
        return this.#record(entry);
      case Kind.enum:
      case Kind.enum64:
        return this.#enum(entry);
      case Kind.forward:
        return this.#forward(entry);
      case Kind.typedef: {
        const target = this.read(sizeOrType);
        return { kind: 'typedef', name: this.#name(entry) ?? '?', size: target.size, target };
      }
      case Kind.volatile:
      case Kind.const:
      case Kind.restrict: {
        const target = this.read(sizeOrType);
        return { kind: 'qualified', qualifier: QUALIFIERS.get(kind)!, size: target.size, target };
      }
      case Kind.typeTag:
        return this.read(sizeOrType);
      case Kind.functionProto:
        return this.#function(entry);
      default:
        throw bad(entry.id, `is of kind ${kind}, which is not a C type`);
    }
  }

  #name({ name }: Entry): string | null {
    return this.#space.name(name);
  }

  #unknown(id: number): Type {
    this.#unknownSizes ??= inferSizes(this.#space, this.#pointerSize);
    const { least, most } = this.#unknownSizes.get(id) ?? { least: 0, most: Number.POSITIVE_INFINITY };
    const sized = least === most;
    return { kind: 'unknown', id, size: sized ? most : 0, sized };
  }

  #int(entry: Entry): BaseType {
    const encoding = (entry.blob.words(entry.index, 1)[0]! >>> 24) & 0xf;
    return {
      kind: 'base',
      name: this.#name(entry) ?? '?',
      size: entry.sizeOrType,
      encoding:
        (encoding & IntEncoding.bool) !== 0
          ? 'bool'
          : (encoding & IntEncoding.signed) !== 0
            ? 'signed'
            : 'unsigned',
    };
  }

  #array(entry: Entry): Type {
    const [elementId, , count] = entry.blob.words(entry.index, 3) as [number, number, number];
    const element = this.read(elementId);
    const size = element.size * count;
    if (size > LARGEST_SIZE) throw bad(entry.id, 'is an array beyond any size');
    // BTF writes a flexible array, and GNU C's `T x[0]`, as one of no elements.
    return { kind: 'array', element, count: count === 0 ? null : count, size };
  }

  #record(entry: Entry): StructType {
    const { kind, sizeOrType, count } = entry;
    const members = this.#space.elements(entry).map((member) => this.#member(entry, member));
    return {
      kind: kind === Kind.union ? 'union' : 'struct',
      name: this.#name(entry),
      size: sizeOrType,
      // What a module keeps of its base (.BTF.base) has sizes and no members.
      complete: count > 0 || sizeOrType === 0 || entry.blob === this.#space.own,
      members: kind === Kind.union ? members : inAddressOrder(members, this.#space.own.littleEndian),
    };
  }

  #member(entry: Entry, [nameAt, typeId, place]: readonly [number, number, number]): Member {
    const name = this.#space.name(nameAt);
    const type = this.read(typeId);
    const width = entry.flag ? place >>> 24 : 0;
    const position = entry.flag ? place & 0xffffff : place;
    const { first, bits } = width > 0 ? { first: position, bits: width } : this.#intBits(typeId, position);
    if (bits === null) {
      if (first % 8 !== 0) throw bad(entry.id, `has a member at bit ${first} that is not a bit-field`);
      return { name, type, offset: first / 8, bit: null, bits: null, storage: null };
    }
    const { littleEndian } = this.#space.own;
    const inner = bare(type);
    const unsized = inner.kind === 'unknown' && !inner.sized;
    // A bit-field of an unknown type is placed by its bits; its storage unit is then left out.
    const unitSize = unsized ? Math.ceil(bits / 8) : type.size;
    const placed = placeBitField(
      { width: bits, memberOffset: 0, unitSize, dataBitOffset: first, bitOffset: null },
      littleEndian,
    );
    if (placed === null) throw bad(entry.id, `has an impossible bit-field, ${bits} bits wide`);
    return { name, type, bits, ...placed, storage: unsized ? null : placed.storage };
  }

  /** Before members had widths, an int of its own did: with fewer bits than bytes, or not at its first bit. */
  #intBits(typeId: number, position: number): { first: number; bits: number | null } {
    const whole = { first: position, bits: null };
    let entry = typeId === 0 ? null : this.#space.entry(typeId);
    // This ends: the member's type has been read.
    while (entry !== null && NAMED_OR_QUALIFIED.has(entry.kind) && entry.sizeOrType !== 0)
      entry = this.#space.entry(entry.sizeOrType);
    if (entry?.kind !== Kind.int) return whole;
    const data = entry.blob.words(entry.index, 1)[0]!;
    const shift = (data >>> 16) & 0xff;
    const bits = data & 0xff;
    return bits === entry.sizeOrType * 8 && shift === 0 ? whole : { first: position + shift, bits };
  }

  #enum(entry: Entry): EnumType {
    const { flag: signed, sizeOrType } = entry;
    const wide = entry.kind === Kind.enum64;
    const values = this.#space.elements(entry, wide ? 3 : 2).map(([nameAt, low, high]) => {
      const bits = wide ? (BigInt(high) << 32n) | BigInt(low) : BigInt(low);
      return {
        name: this.#space.name(nameAt) ?? '?',
        value: signed ? BigInt.asIntN(wide ? 64 : 32, bits) : bits,
      };
    });
    return { kind: 'enum', name: this.#name(entry), size: sizeOrType, signed, values };
  }

  #forward(entry: Entry): Type {
    const kind = entry.flag ? Kind.union : Kind.struct;
    const name = this.#name(entry);
    const definition = name === null ? undefined : this.#definition(kind, name);
    if (definition !== undefined) return this.read(definition);
    return { kind: entry.flag ? 'union' : 'struct', name, size: 0, complete: false, members: [] };
  }

  #function(entry: Entry): FunctionType {
    const ids = this.#space.elements(entry, 2).map(([, id]) => id);
    // An ellipsis is a last parameter that is void.
    const variadic = ids.at(-1) === 0;
    return {
      kind: 'function',
      size: 0,
      returns: this.read(entry.sizeOrType),
      parameters: (variadic ? ids.slice(0, -1) : ids).map((id) => this.read(id)),
      variadic,
    };
  }
}

function bad(id: number, message: string): LostbitError {
  return new LostbitError('E_BAD_BTF', `the BTF's type ${id} ${message}`);
}
