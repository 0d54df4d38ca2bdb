// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { LARGEST_SIZE } from '../extent.js';
import type { Abbrev, AttributeSpec } from './abbrev.js';
import { At, Form } from './constants.js';
import type { Dwarf } from './dwarf.js';
import { blockLength, indirectForm, referenceSize } from './forms.js';
import type { Unit } from './unit.js';

/** DW_AT_specification and DW_AT_abstract_origin chains are one or two long; longer ones are corrupt. */
const LONGEST_ORIGIN_CHAIN = 4;

/**
 * A debugging information entry, read where it stands: attributes are decoded when asked for.
 * Offsets are from the start of its section. All methods throw `E_BAD_DWARF` on corrupt input.
 */
export class Die {
  readonly dwarf: Dwarf;
  readonly unit: Unit;
  readonly offset: number;
  readonly abbrev: Abbrev;
  readonly #values: number;

  /** `values` is the offset of the first attribute value. */
  constructor(dwarf: Dwarf, unit: Unit, offset: number, abbrev: Abbrev, values: number) {
    this.dwarf = dwarf;
    this.unit = unit;
    this.offset = offset;
    this.abbrev = abbrev;
    this.#values = values;
  }

  get tag(): number {
    return this.abbrev.tag;
  }

  /** What it is known by among the entries of all sections. */
  get key(): number {
    return this.dwarf.base + this.offset;
  }

  bad(message: string) {
    return this.dwarf.info.bad(message, this.offset);
  }

  /** The offset behind this entry's attributes: its first child, or its next sibling if it has none. */
  get end(): number {
    const { info } = this.dwarf;
    info.seek(this.#values);
    this.abbrev.skipAll(info, this.unit);
    return info.position;
  }

  has(at: number): boolean {
    return this.abbrev.attribute(at) !== undefined;
  }

  /** The value of a flag, false where it is absent. */
  flag(at: number): boolean {
    const form = this.#find(at);
    if (form === null) return false;
    return form.form === Form.flagPresent || this.dwarf.info.u8() !== 0;
  }

  /** Its name; null where it has none, which an empty one says too (DWARF 5 §2.15). */
  get name(): string | null {
    return this.text(At.name) || null;
  }

  /** A string, null where it is absent. */
  text(at: number): string | null {
    const found = this.#find(at);
    return found && this.dwarf.text(this.unit, found.form);
  }

  /** An address, null where it is absent or a constant; a bigint is beyond every 32-bit memory. */
  address(at: number): number | bigint | null {
    const found = this.#find(at);
    const index = found === null ? null : this.#addressIndex(found.form);
    if (index !== null) return this.dwarf.address(this.unit, index);
    return found?.form === Form.addr ? this.dwarf.info.word(this.unit.addressSize) : null;
  }

  /** An integer constant, null where it is absent or not a constant (an expression, say). */
  constant(at: number): number | bigint | null {
    const found = this.#find(at);
    if (found === null) return null;
    const { info } = this.dwarf;
    switch (found.form) {
      case Form.data1:
        return info.u8();
      case Form.data2:
        return info.u16();
      case Form.data4:
        return info.u32();
      case Form.data8:
        return info.u64();
      case Form.udata:
        return info.ulebWide();
      case Form.sdata:
        return info.sleb();
      case Form.implicitConst:
        return found.implicit;
      default:
        return null;
    }
  }

  /** A constant that is exact as a number; null where it is absent or an expression. */
  integer(at: number): number | null {
    const value = this.constant(at);
    if (typeof value !== 'bigint') return value;
    // Some compilers write a negative number as the unsigned 64-bit one with the same bits.
    const signed = Number(BigInt.asIntN(64, value));
    if (!Number.isSafeInteger(signed)) throw this.#impossible(value);
    return signed;
  }

  /** A size or an offset: an `integer` that is not negative, and that an object can have. */
  size(at: number): number | null {
    const value = this.integer(at);
    if (value !== null && (value < 0 || value > LARGEST_SIZE)) throw this.#impossible(value);
    return value;
  }

  /** An offset into another section (DW_FORM_sec_offset, and before DWARF 4 a number), null where it is absent. */
  sectionOffset(at: number): number | null {
    const found = this.#find(at);
    if (found === null) return null;
    const { version, offsetSize } = this.unit;
    const isNumber = version < 4 && (found.form === Form.data4 || found.form === Form.data8);
    return found.form === Form.secOffset || isNumber ? this.dwarf.info.offset(offsetSize) : null;
  }

  /** An index into the unit's range lists (DW_FORM_rnglistx), null where it is absent or an offset. */
  rangeListIndex(at: number): number | null {
    const found = this.#find(at);
    return found?.form === Form.rnglistx ? this.dwarf.info.uleb() : null;
  }

  /** The bytes of an expression, null where the attribute is absent or something else. */
  expression(at: number): Uint8Array | null {
    const found = this.#find(at);
    switch (found?.form) {
      case Form.exprloc:
      case Form.block:
      case Form.block1:
      case Form.block2:
      case Form.block4:
        return this.dwarf.info.take(blockLength(this.dwarf.info, found.form));
      default:
        return null;
    }
  }

  /** The entry an attribute refers to, null where it is absent. */
  reference(at: number): Die | null {
    const found = this.#find(at);
    if (found === null) return null;
    const { info } = this.dwarf;
    switch (found.form) {
      case Form.ref1:
        return this.#local(info.u8());
      case Form.ref2:
        return this.#local(info.u16());
      case Form.ref4:
        return this.#local(info.u32());
      case Form.ref8:
        return this.#local(Number(info.u64()));
      case Form.refUdata:
        return this.#local(info.uleb());
      case Form.refAddr:
        return this.dwarf.dieAt(info.offset(referenceSize(this.unit)));
      case Form.refSig8:
        return this.#typeUnit(BigInt(info.u64()));
      case Form.gnuRefAlt:
        return this.dwarf.alternateDie(info.offset(this.unit.offsetSize));
      case Form.refSup4:
        return this.dwarf.alternateDie(info.offset(4));
      case Form.refSup8:
        return this.dwarf.alternateDie(info.offset(8));
      default:
        throw this.bad(`has a reference of the form 0x${found.form.toString(16)}, which is not one`);
    }
  }

  /** The unit that it imports; null where it imports something else. */
  imported(): Die | null {
    const forms: readonly (number | undefined)[] = [Form.refAddr, Form.gnuRefAlt, Form.refSup4, Form.refSup8];
    return forms.includes(this.abbrev.attribute(At.import)?.form) ? this.reference(At.import) : null;
  }

  #typeUnit(signature: bigint): Die {
    const die = this.dwarf.parts?.typeOf(signature) ?? null;
    if (die !== null) return die;
    const { message } = this.bad(`refers to a type unit that is not there (${signature.toString(16)})`);
    throw new LostbitError('E_BAD_DWARF', message, { hint: 'compile without -fdebug-types-section' });
  }

  /** This entry and those it completes or instantiates, nearest first: where its name and type may be. */
  origins(): Die[] {
    const chain: Die[] = [this];
    for (let die: Die | null = this; chain.length <= LONGEST_ORIGIN_CHAIN; chain.push(die)) {
      die = die.reference(At.specification) ?? die.reference(At.abstractOrigin);
      if (die === null) return chain;
    }
    throw this.bad('has an entry whose origins go round in a circle');
  }

  /** The direct children, in order. */
  children(): Die[] {
    return this.dwarf.childrenOf(this);
  }

  #addressIndex(form: number): number | null {
    const { info } = this.dwarf;
    switch (form) {
      case Form.addrx:
        return info.uleb();
      case Form.addrx1:
        return info.u8();
      case Form.addrx2:
        return info.u16();
      case Form.addrx3:
        return info.u24();
      case Form.addrx4:
        return info.u32();
      default:
        return null;
    }
  }

  #impossible(value: number | bigint) {
    return this.bad(`has an entry with the impossible size or offset ${value}`);
  }

  #local(offset: number): Die {
    return this.dwarf.dieAt(this.unit.offset + offset, this.unit);
  }

  /** Leaves the reader on the attribute's value. */
  #find(at: number): Pick<AttributeSpec, 'form' | 'implicit'> | null {
    const attribute = this.abbrev.attribute(at);
    if (attribute === undefined) return null;
    const { info } = this.dwarf;
    this.abbrev.skipTo(info.seek(this.#values), attribute, this.unit);
    return attribute.form === Form.indirect ? { form: indirectForm(info), implicit: 0 } : attribute;
  }
}
