// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { ByteReader } from '../bytes.js';
import { type Abbrev, AbbrevTables } from './abbrev.js';
import { At, Form } from './constants.js';
import { Die } from './die.js';
import { skipForm } from './forms.js';
import { readUnits, type Unit } from './unit.js';

/**
 * The entries of a file's DWARF 4 or 5, read in place.
 * All methods throw `E_BAD_DWARF` with the section and the byte offset on corrupt or unsupported input.
 */
export class Dwarf {
  /** `.debug_info`; its position is scratch for whoever reads. */
  readonly info: ByteReader;
  readonly units: readonly Unit[];
  readonly #sections: ReadonlyMap<string, Uint8Array>;
  readonly #readers = new Map<string, ByteReader>();
  readonly #bases = new Map<number, number>();

  /** `sections` are the file's debug sections by name, relocations applied. */
  constructor(
    sections: ReadonlyMap<string, Uint8Array>,
    readonly littleEndian = true,
  ) {
    this.#sections = sections;
    this.info = this.section('.debug_info');
    this.units = readUnits(this.info, new AbbrevTables(this.section('.debug_abbrev')));
  }

  /** Calls `visit` for every entry of every unit that has one of the tags, in file order. */
  forEach(visit: (die: Die, depth: number) => void, tags?: ReadonlySet<number>): void {
    for (const unit of this.units) this.forEachOf(unit, visit, tags);
  }

  /**
   * Calls `visit` for every entry of a unit, or for those of some tags. Runs flat over the entries: nesting costs no
   * stack, and what is passed over costs little, as there are millions of it.
   */
  forEachOf(unit: Unit, visit: (die: Die, depth: number) => void, tags?: ReadonlySet<number>): void {
    const { info } = this;
    let depth = 0;
    for (let offset = unit.firstDie; offset < unit.end; ) {
      const abbrev = this.#abbrevAt(unit, offset);
      if (abbrev === null) {
        offset = info.position;
        depth--;
        continue;
      }
      const values = info.position;
      if (tags === undefined || tags.has(abbrev.tag)) {
        visit(new Die(this, unit, offset, abbrev, values), depth);
        info.seek(values);
      }
      this.skipAttributes(unit, abbrev);
      if (info.position > unit.end) throw info.bad('has an entry that outruns its unit', offset);
      offset = info.position;
      if (abbrev.hasChildren) depth++;
    }
  }

  /** The entry at an offset; null for a null entry, behind which the reader is then left. */
  next(unit: Unit, offset: number): Die | null {
    if (offset >= unit.end) throw this.info.bad('has a unit that ends inside a list of entries', offset);
    const abbrev = this.#abbrevAt(unit, offset);
    return abbrev === null ? null : new Die(this, unit, offset, abbrev, this.info.position);
  }

  /** What an entry's abbreviation says, null for a null entry; the reader is left on its first value. */
  #abbrevAt(unit: Unit, offset: number): Abbrev | null {
    const code = this.info.seek(offset).uleb();
    if (code === 0) return null;
    const abbrev = unit.abbrevs.get(code);
    if (abbrev === undefined) throw this.info.bad(`uses the undefined abbreviation ${code}`, offset);
    return abbrev;
  }

  /** The entry a reference points to; `within` is the unit it must lie in. */
  dieAt(offset: number, within?: Unit): Die {
    const unit = within ?? this.#unitOf(offset);
    if (unit === undefined || offset < unit.firstDie || offset >= unit.end) {
      throw this.info.bad('is referred to where no entry is', offset);
    }
    const die = this.next(unit, offset);
    if (die === null) throw this.info.bad('is referred to where a list of entries ends', offset);
    return die;
  }

  skipAttributes(unit: Unit, abbrev: Abbrev): void {
    if (abbrev.fixedSize !== null) this.info.skip(abbrev.fixedSize);
    else this.skipValues(unit, abbrev, abbrev.attributes.length);
  }

  /** Passes over the first `count` values of an entry. */
  skipValues(unit: Unit, { attributes }: Abbrev, count: number): void {
    for (let i = 0; i < count; i++) {
      const { form, size } = attributes[i]!;
      if (size !== null) this.info.skip(size);
      else skipForm(this.info, form, unit.addressSize);
    }
  }

  /** The string of a form whose value the reader stands on. */
  text(unit: Unit, form: number, reader = this.info): string {
    switch (form) {
      case Form.string:
        return reader.cstring();
      case Form.strp:
        return this.section('.debug_str').seek(reader.u32()).cstring();
      case Form.lineStrp:
        return this.section('.debug_line_str').seek(reader.u32()).cstring();
      case Form.strx:
        return this.#indexed(unit, reader.uleb());
      case Form.strx1:
        return this.#indexed(unit, reader.u8());
      case Form.strx2:
        return this.#indexed(unit, reader.u16());
      case Form.strx3:
        return this.#indexed(unit, reader.u24());
      case Form.strx4:
        return this.#indexed(unit, reader.u32());
      default:
        throw reader.bad(`has a name of the form 0x${form.toString(16)}, which is not read`);
    }
  }

  /** The address at an index of the unit's part of `.debug_addr` (DWARF 5 §7.27). */
  address(unit: Unit, index: number): number | bigint {
    const base = this.base(unit, At.addrBase);
    return this.section('.debug_addr')
      .seek(base + index * unit.addressSize)
      .word(unit.addressSize);
  }

  /** The string at an index of the unit's part of `.debug_str_offsets` (DWARF 5 §7.26). */
  #indexed(unit: Unit, index: number): string {
    const base = this.base(unit, At.strOffsetsBase);
    const offset = this.section('.debug_str_offsets')
      .seek(base + index * 4)
      .u32();
    return this.section('.debug_str').seek(offset).cstring();
  }

  /** Where the unit's part of a section begins that it refers to by indices. */
  base(unit: Unit, at: number): number {
    const key = unit.offset * 0x100 + at;
    let base = this.#bases.get(key);
    if (base === undefined) {
      base = this.dieAt(unit.firstDie, unit).sectionOffset(at) ?? undefined;
      if (base === undefined)
        throw this.info.bad('has a unit without the base its indices are counted from', unit.offset);
      this.#bases.set(key, base);
    }
    return base;
  }

  #unitOf(offset: number): Unit | undefined {
    let low = 0;
    let high = this.units.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.units[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return this.units[low];
  }

  /** A reader of the section, one for all; its position is scratch. */
  section(name: string): ByteReader {
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      const bytes = this.#sections.get(name);
      if (bytes === undefined)
        throw new LostbitError('E_BAD_DWARF', `the debug information lacks the section ${name}`);
      reader = new ByteReader(
        bytes,
        (message, offset) =>
          new LostbitError('E_BAD_DWARF', `${name} ${message} (offset 0x${offset.toString(16)})`),
        this.littleEndian,
      );
      this.#readers.set(name, reader);
    }
    return reader;
  }
}
