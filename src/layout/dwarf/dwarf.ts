// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { ByteReader } from '../../bytes.js';
import { LostbitError } from '../../errors.js';
import { Strings } from '../strings.js';
import { type Abbrev, AbbrevTables } from './abbrev.js';
import { At, Form } from './constants.js';
import { Die } from './die.js';
import { Contributions } from './package-index.js';
import type { DwarfParts } from './parts.js';
import { readUnits, type Unit } from './unit.js';

export interface DwarfOptions {
  /** The section of entries; by default `.debug_info`. */
  readonly entries?: '.debug_info' | '.debug_types';
  /** Whether it is what was split off into a `.dwo` or a `.dwp`, whose sections are called so, too. */
  readonly isSplit?: boolean;
}

/**
 * The entries of one section of DWARF 2 to 5, read in place.
 * All methods throw `E_BAD_DWARF` with the section and the byte offset on corrupt or unsupported input.
 */
export class Dwarf {
  /** `.debug_info`; its position is scratch. */
  readonly info: ByteReader;
  readonly units: readonly Unit[];
  /** See {@link DwarfOptions}. */
  readonly isSplit: boolean;
  /** What else the debug information consists of; without that, references lead nowhere else. */
  parts: DwarfParts | null = null;
  /** Where its entries begin among those of all parts. */
  base = 0;
  readonly #sections: ReadonlyMap<string, Uint8Array>;
  readonly #readers = new Map<string, ByteReader>();
  readonly #strings = new Map<string, Strings>();
  readonly #bases = new Map<number, number>();
  /** Where the list ends that an entry's children are, for entries whose lists were passed over. */
  readonly #ends = new Map<number, number>();

  /** `sections` are the file's debug sections by name, relocations applied. */
  constructor(
    sections: ReadonlyMap<string, Uint8Array>,
    readonly littleEndian = true,
    { entries = '.debug_info', isSplit = false }: DwarfOptions = {},
  ) {
    this.#sections = sections;
    this.isSplit = isSplit;
    this.info = this.section(entries);
    const areTypes = entries === '.debug_types';
    const indices = ['.debug_cu_index', '.debug_tu_index'].filter((name) => sections.has(name));
    const contributions =
      isSplit && indices.length > 0
        ? new Contributions(
            indices.map((name) => this.#readerOf(name)),
            areTypes,
          )
        : null;
    const tables = new AbbrevTables(this.section('.debug_abbrev'));
    this.units = readUnits(this.info, tables, { areTypes, contributions });
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
      abbrev.skipAll(info, unit);
      if (info.position > unit.end) throw info.bad('has an entry that overruns its unit', offset);
      offset = info.position;
      if (abbrev.hasChildren) depth++;
    }
  }

  /**
   * The direct children of an entry, in order. What is nested in them is passed over once, however often it is asked for:
   * where entries are nested in each other, each list would else be passed over for every one around it.
   */
  childrenOf(parent: Die): Die[] {
    if (!parent.abbrev.hasChildren) return [];
    const { unit } = parent;
    const children: Die[] = [];
    /** The entries whose lists are open below the parent's. */
    const open: number[] = [];
    for (let offset = parent.end; ; ) {
      const die = this.next(unit, offset);
      if (die === null) {
        offset = this.info.position;
        this.#ends.set(open.at(-1) ?? parent.offset, offset);
        if (open.pop() === undefined) return children;
        continue;
      }
      if (open.length === 0) children.push(die);
      const end = die.abbrev.hasChildren ? this.#ends.get(die.offset) : undefined;
      if (end === undefined && die.abbrev.hasChildren) open.push(die.offset);
      offset = end ?? die.end;
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

  /** The entry that a unit is. */
  root(unit: Unit): Die {
    return this.dieAt(unit.firstDie, unit);
  }

  /** The string of a form whose value the reader stands on. */
  text(unit: Unit, form: number, reader = this.info): string {
    switch (form) {
      case Form.string:
        return reader.cstring();
      case Form.strp:
        return this.string('.debug_str', reader.offset(unit.offsetSize));
      case Form.lineStrp:
        return this.string('.debug_line_str', reader.offset(unit.offsetSize));
      case Form.gnuStrpAlt:
      case Form.strpSup: {
        const offset = reader.offset(unit.offsetSize);
        return this.#alternate(reader).string('.debug_str', offset);
      }
      case Form.strx:
      case Form.gnuStrIndex:
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

  /** The string at an offset of a section of strings. */
  string(section: string, offset: number): string {
    let strings = this.#strings.get(section);
    if (strings === undefined) {
      strings = new Strings(this.section(section));
      this.#strings.set(section, strings);
    }
    return strings.at(offset);
  }

  /** The entry at an offset of the file that `dwz -m` has moved to what several files share. */
  alternateDie(offset: number): Die {
    return this.#alternate(this.info).dieAt(offset);
  }

  #alternate(reader: ByteReader): Dwarf {
    const alternate = this.parts?.alternate ?? null;
    if (alternate === null) {
      const name = this.parts?.alternateName;
      const { message } = reader.bad(`refers to ${name ? `'${name}'` : 'another file'}, which was not read`);
      throw new LostbitError('E_NO_DEBUG_INFO', message, {
        hint: `\`dwz -m\` has moved there what several files share: put it where the file says, or take a file from before dwz`,
      });
    }
    return alternate;
  }

  /** The address at an index of the unit's part of `.debug_addr` (DWARF 5 §7.27). */
  address(unit: Unit, index: number): number | bigint {
    const base = this.baseOf(unit, At.addrBase);
    return this.section('.debug_addr')
      .seek(base + index * unit.addressSize)
      .word(unit.addressSize);
  }

  /** The string at an index of the unit's part of `.debug_str_offsets` (DWARF 5 §7.26). */
  #indexed(unit: Unit, index: number): string {
    const base = this.isSplit ? splitStringsBase(unit) : this.baseOf(unit, At.strOffsetsBase);
    const { offsetSize } = unit;
    const offset = this.section('.debug_str_offsets')
      .seek(base + index * offsetSize)
      .offset(offsetSize);
    return this.string('.debug_str', offset);
  }

  /** Where the unit's part of a section begins that it refers to by indices. */
  baseOf(unit: Unit, at: number): number {
    const key = unit.offset * 0x100 + at;
    let base = this.#bases.get(key);
    if (base === undefined) {
      base = this.root(unit).sectionOffset(at) ?? undefined;
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
    const split = `${name}.dwo`;
    return this.#readerOf(this.isSplit && this.#sections.has(split) ? split : name);
  }

  #readerOf(name: string): ByteReader {
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

/** In a `.dwo` no attribute says so: it is behind the one header, which there was none of before DWARF 5. */
function splitStringsBase({ version, offsetSize, stringsFrom }: Unit): number {
  return stringsFrom + (version < 5 ? 0 : 2 * offsetSize);
}
