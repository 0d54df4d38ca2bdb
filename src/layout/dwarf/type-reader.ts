// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { DEEPEST, LARGEST_SIZE } from '../extent.js';
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
import { placeBitField } from './bit-field.js';
import { At, Encoding, Op, Tag } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import type { NameIndex } from './name-index.js';

const QUALIFIERS: ReadonlyMap<number, QualifiedType['qualifier']> = new Map([
  [Tag.constType, 'const'],
  [Tag.volatileType, 'volatile'],
  [Tag.restrictType, 'restrict'],
  [Tag.atomicType, '_Atomic'],
]);

const ENCODINGS: ReadonlyMap<number, BaseType['encoding']> = new Map([
  [Encoding.boolean, 'bool'],
  [Encoding.float, 'float'],
  [Encoding.signed, 'signed'],
  [Encoding.signedChar, 'signed'],
  [Encoding.unsigned, 'unsigned'],
  [Encoding.unsignedChar, 'unsigned'],
  [Encoding.utf, 'unsigned'],
]);

/** Turns type entries (DWARF 5 §5) into the type model, each entry once. Throws `E_BAD_DWARF`. */
export class TypeReader {
  readonly #dwarf: Dwarf;
  readonly #names: NameIndex;
  readonly #known = new Map<number, Type>();
  readonly #open = new Set<number>();

  constructor(dwarf: Dwarf, names: NameIndex) {
    this.#dwarf = dwarf;
    this.#names = names;
  }

  read(die: Die): Type {
    const known = this.#known.get(die.offset);
    if (known !== undefined) return known;
    if (this.#open.has(die.offset)) throw die.bad('has a type that contains itself');
    if (this.#open.size >= DEEPEST.bodies) throw die.bad(`has types nested more than ${DEEPEST.bodies} deep`);
    this.#open.add(die.offset);
    try {
      const type = this.#build(die);
      this.#known.set(die.offset, type);
      return type;
    } finally {
      this.#open.delete(die.offset);
    }
  }

  /** The type an entry's DW_AT_type names; absent means void. */
  typeOf(die: Die): Type {
    const target = die.reference(At.type);
    return target === null ? VOID : this.read(target);
  }

  #build(die: Die): Type {
    switch (die.tag) {
      case Tag.baseType:
        return {
          kind: 'base',
          name: die.name ?? '?',
          size: die.size(At.byteSize) ?? 0,
          encoding: ENCODINGS.get(die.integer(At.encoding) ?? 0) ?? 'other',
        };
      case Tag.pointerType:
        return pointerTo(die.size(At.byteSize) ?? die.unit.addressSize, () => this.typeOf(die));
      case Tag.typedef: {
        const target = this.typeOf(die);
        return { kind: 'typedef', name: die.name ?? '?', size: target.size, target };
      }
      case Tag.structureType:
      case Tag.unionType:
        return this.#definition(die) ?? this.#record(die);
      case Tag.enumerationType:
        return this.#definition(die) ?? this.#enum(die);
      case Tag.arrayType:
        return this.#array(die);
      case Tag.subroutineType:
        return this.#function(die);
      case Tag.unspecifiedType:
        return VOID;
      default: {
        const qualifier = QUALIFIERS.get(die.tag);
        if (qualifier === undefined)
          throw die.bad(`has a type of the tag 0x${die.tag.toString(16)}, which is not C`);
        const target = this.typeOf(die);
        return { kind: 'qualified', qualifier, size: target.size, target };
      }
    }
  }

  /** What a declaration (`struct x;`) declares: the first definition of that name, in whichever unit it is. */
  #definition(die: Die): Type | null {
    const name = die.flag(At.declaration) ? die.name : null;
    const definition = name === null ? undefined : this.#names.definition(die.tag, name);
    return definition === undefined ? null : this.read(definition);
  }

  #record(die: Die): StructType {
    return {
      kind: die.tag === Tag.unionType ? 'union' : 'struct',
      name: die.name,
      size: die.size(At.byteSize) ?? 0,
      complete: !die.flag(At.declaration),
      ...alignment(die),
      members: die
        .children()
        .filter(({ tag }) => tag === Tag.member)
        .map((member) => this.#member(member)),
    };
  }

  #member(die: Die): Member {
    const name = die.name;
    const type = this.typeOf(die);
    const memberOffset = this.#memberOffset(die);
    const width = die.size(At.bitSize);
    const declared = { name, type, ...alignment(die) };
    if (width === null) return { ...declared, offset: memberOffset, bit: null, bits: null, storage: null };
    const placed = placeBitField(
      {
        width,
        memberOffset,
        unitSize: die.size(At.byteSize) ?? type.size,
        dataBitOffset: die.size(At.dataBitOffset),
        bitOffset: die.integer(At.bitOffset),
      },
      this.#dwarf.littleEndian,
    );
    if (placed === null) throw die.bad(`has an impossible bit-field, ${width} bits wide`);
    return { ...declared, bits: width, ...placed };
  }

  #memberOffset(die: Die): number {
    const expression = die.expression(At.dataMemberLocation);
    if (expression === null) return die.size(At.dataMemberLocation) ?? 0;
    const { info } = this.#dwarf;
    const end = info.position;
    info.seek(end - expression.length);
    if (expression[0] === Op.plusUconst) {
      info.skip(1);
      const offset = info.uleb();
      if (info.position === end && offset <= LARGEST_SIZE) return offset;
    }
    throw die.bad('has a member whose place is computed, which is not C');
  }

  #array(die: Die): Type {
    const counts = die
      .children()
      .filter(({ tag }) => tag === Tag.subrangeType)
      .map((range) => elementCount(range));
    if (counts.length === 0) counts.push(null);
    return counts.reduceRight<Type>((element, count) => {
      const size = element.size * (count ?? 0);
      if (size > LARGEST_SIZE) throw die.bad('has an array beyond any size');
      return { kind: 'array', element, count, size };
    }, this.typeOf(die));
  }

  #enum(die: Die): EnumType {
    const underlying = bare(this.typeOf(die));
    const values = die
      .children()
      .filter(({ tag }) => tag === Tag.enumerator)
      .map((enumerator) => {
        const name = enumerator.name;
        const value = enumerator.constant(At.constValue);
        if (name === null || value === null)
          throw enumerator.bad('has an enumerator without a name or a value');
        return { name, value: BigInt(value) };
      });
    return {
      kind: 'enum',
      name: die.name,
      size: die.size(At.byteSize) ?? underlying.size,
      // Some compilers leave the underlying type out; then only a negative value makes the enum signed.
      signed:
        underlying.kind === 'base'
          ? underlying.encoding === 'signed'
          : values.some(({ value }) => value < 0n),
      values,
    };
  }

  #function(die: Die): FunctionType {
    const children = die.children();
    return {
      kind: 'function',
      size: 0,
      returns: this.typeOf(die),
      parameters: children
        .filter(({ tag }) => tag === Tag.formalParameter)
        .map((child) => this.typeOf(child)),
      variadic: children.some(({ tag }) => tag === Tag.unspecifiedParameters),
    };
  }
}

/** What an attribute of the declaration demands. */
function alignment(die: Die): { alignment?: number } {
  const bytes = die.size(At.alignment);
  return bytes === null ? {} : { alignment: bytes };
}

/** Null where the bound is left open (a flexible array) or computed (a variable-length one). */
function elementCount(range: Die): number | null {
  const count = range.size(At.count);
  if (count !== null) return count;
  const upper = range.integer(At.upperBound);
  if (upper === null) return null;
  if (upper < -1) throw range.bad(`has an array with the upper bound ${upper}`);
  return upper + 1;
}
