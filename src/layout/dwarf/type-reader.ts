// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
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
import { placeBitField } from './bit-field.js';
import { At, Encoding, Op, Tag } from './constants.js';
import type { Die } from './die.js';
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
  readonly #names: NameIndex;
  /** By the entries' keys. */
  readonly #known = new Map<number, Type>();
  readonly #open = new Set<number>();

  constructor(names: NameIndex) {
    this.#names = names;
  }

  read(die: Die): Type {
    const { key } = die;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#open.has(key)) throw die.bad('has a type that contains itself');
    if (this.#open.size >= DEEPEST.bodies) throw die.bad(`has types nested more than ${DEEPEST.bodies} deep`);
    this.#open.add(key);
    try {
      const type = this.#build(die);
      this.#known.set(key, type);
      return type;
    } finally {
      this.#open.delete(key);
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
      case Tag.referenceType:
      case Tag.rvalueReferenceType:
        return pointerTo(die.size(At.byteSize) ?? die.unit.addressSize, () => this.typeOf(die));
      case Tag.memberPointerType:
        return memberPointer(die);
      case Tag.typedef:
      case Tag.templateAlias: {
        const target = this.typeOf(die);
        return { kind: 'typedef', name: die.name ?? '?', size: target.size, target };
      }
      case Tag.structureType:
      case Tag.classType:
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
          throw die.bad(`has a type of the tag 0x${die.tag.toString(16)}, which is not known`);
        const target = this.typeOf(die);
        return { kind: 'qualified', qualifier, size: target.size, target };
      }
    }
  }

  /**
   * What a declaration (`struct x;`) declares: the type of the unit that it names, or the first definition of its own
   * name, in whichever unit it is.
   */
  #definition(die: Die): Type | null {
    const unit = die.reference(At.signature);
    if (unit !== null) return this.read(unit);
    if (!die.flag(At.declaration)) return null;
    const { name, tag } = die;
    if (name === null) return null;
    // C++ declares as a struct what it defines as a class.
    const tags =
      tag === Tag.enumerationType || tag === Tag.unionType ? [tag] : [Tag.structureType, Tag.classType];
    for (const one of tags) {
      const definition = this.#names.definition(one, name);
      if (definition !== undefined) return this.read(definition);
    }
    return null;
  }

  #record(die: Die): StructType {
    const members: Member[] = [];
    const leftOut: string[] = [];
    for (const child of die.children()) {
      if (child.tag === Tag.member) {
        // A static member of a class is a variable.
        if (child.flag(At.external) || child.flag(At.declaration)) continue;
        const member = this.#member(child);
        members.push(member);
        if (isDeclaredOnly(member.type))
          leftOut.push(`what ${member.name ?? 'a member'} holds, ${DECLARED_ONLY}`);
      } else if (child.tag === Tag.inheritance) {
        const base = this.#base(child);
        if (typeof base === 'string') leftOut.push(base);
        else if (base !== null) members.push(base);
      } else if (child.tag === Tag.variantPart) {
        const variants = this.#variants(child);
        if (variants !== null) members.push(variants);
      }
    }
    const isUnion = die.tag === Tag.unionType;
    return {
      kind: isUnion ? 'union' : 'struct',
      name: die.name,
      size: die.size(At.byteSize) ?? 0,
      complete: !die.flag(At.declaration),
      ...alignment(die),
      members: isUnion ? members : inAddressOrder(members, die.dwarf.littleEndian),
      ...(leftOut.length > 0 && { leftOut }),
    };
  }

  /** A base class, as a member called `<name>`; null where it has no fields, and words where it has no fixed place. */
  #base(die: Die): Member | string | null {
    const type = this.typeOf(die);
    const inner = bare(type);
    const name = (inner.kind === 'struct' || inner.kind === 'union' ? inner.name : null) ?? 'base';
    if ((die.integer(At.virtuality) ?? 0) !== 0)
      return `the virtual base ${name}, whose place is known at run time only`;
    if (isDeclaredOnly(type)) return `the base ${name}, ${DECLARED_ONLY}`;
    if (inner.kind === 'struct' && inner.members.length === 0) return null;
    return whole(`<${name}>`, type, this.#memberOffset(die));
  }

  /**
   * The variants of a Rust enum, of which an object has one: a union of them and of what says which. Where one of them
   * begins further on it is in a struct without a name, as a union's members begin where it does.
   */
  #variants(part: Die): Member | null {
    const members = part.children().flatMap((child) => {
      if (child.tag === Tag.member) return [{ ...this.#member(child), name: child.name ?? 'discriminant' }];
      if (child.tag !== Tag.variant) return [];
      const own = child.children().filter(({ tag }) => tag === Tag.member);
      return own.map((one) => this.#member(one));
    });
    if (members.length === 0) return null;
    const start = members.reduce((least, { offset }) => Math.min(least, offset), Number.POSITIVE_INFINITY);
    const end = members.reduce((most, { offset, type }) => Math.max(most, offset + type.size), 0);
    const union: StructType = {
      kind: 'union',
      name: null,
      size: end - start,
      complete: true,
      members: members.map((member) =>
        member.offset === start ? { ...member, offset: 0 } : behind(member, start),
      ),
    };
    return whole(null, union, start);
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
      die.dwarf.littleEndian,
    );
    if (placed === null) throw die.bad(`has an impossible bit-field, ${width} bits wide`);
    return { ...declared, bits: width, ...placed };
  }

  #memberOffset(die: Die): number {
    const expression = die.expression(At.dataMemberLocation);
    if (expression === null) return die.size(At.dataMemberLocation) ?? 0;
    const { info } = die.dwarf;
    const end = info.position;
    info.seek(end - expression.length);
    if (expression[0] === Op.plusUconst) {
      info.skip(1);
      const offset = info.uleb();
      if (info.position === end && offset <= LARGEST_SIZE) return offset;
    }
    throw die.bad('has a member whose place is computed, which is not known');
  }

  #array(die: Die): Type {
    const counts = die
      .children()
      .filter(({ tag }) => tag === Tag.subrangeType)
      .map((range) => elementCount(range));
    if (counts.length === 0) counts.push(null);
    if (counts.length > DEEPEST.declarator) throw die.bad(`has an array of ${counts.length} dimensions`);
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

/** What compilers leave to another object, by what makes them say it in each. */
const DECLARED_ONLY =
  'of a type that is only declared in the file: compile with -fstandalone-debug (clang) or -femit-class-debug-always (g++)';

function isDeclaredOnly(type: Type): boolean {
  const inner = bare(type);
  return (inner.kind === 'struct' || inner.kind === 'union') && !inner.complete;
}

/** A member of whole bytes. */
function whole(name: string | null, type: Type, offset: number): Member {
  return { name, type, offset, bit: null, bits: null, storage: null };
}

/** A member of a union that begins further on than the union does, at `start`. */
function behind(member: Member, start: number): Member {
  const offset = member.offset - start;
  const size = offset + member.type.size;
  const struct = { kind: 'struct', name: null, complete: true } as const;
  return whole(null, { ...struct, size, members: [{ ...member, offset }] }, 0);
}

/** A pointer to a member of a class: an offset, or of a function two words (Itanium C++ ABI §2.3). */
function memberPointer(die: Die): BaseType {
  const isFunction = die.reference(At.type)?.tag === Tag.subroutineType;
  const size = die.size(At.byteSize) ?? die.unit.addressSize * (isFunction ? 2 : 1);
  return { kind: 'base', name: 'member pointer', size, encoding: 'other' };
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
