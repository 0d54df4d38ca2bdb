// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../../bytes.js';
import { Form } from './constants.js';
import { fixedFormSize, skipForm, type UnitFormat } from './forms.js';

export interface AttributeSpec {
  readonly name: number;
  readonly form: number;
  /** The value itself, for DW_FORM_implicit_const. */
  readonly implicit: number | bigint;
  /** How many of the abbreviation's steps lead to it, and how many bytes from there on. */
  readonly step: number;
  readonly past: number;
}

/** So many bytes, and then a value that says itself how long it is. */
interface Step {
  readonly bytes: number;
  readonly form: number;
}

/** What the entries of one kind have: a tag and the forms of their attributes (DWARF 5 §7.5.3). */
export class Abbrev {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly #attributes = new Map<number, AttributeSpec>();
  readonly #steps: Step[] = [];
  /** Bytes behind the last step. */
  #past = 0;

  constructor(tag: number, hasChildren: boolean) {
    this.tag = tag;
    this.hasChildren = hasChildren;
  }

  /** Adds the next attribute; of several of one name the first counts. */
  add(name: number, form: number, implicit: number | bigint, format: UnitFormat): void {
    if (!this.#attributes.has(name))
      this.#attributes.set(name, { name, form, implicit, step: this.#steps.length, past: this.#past });
    const size = fixedFormSize(form, format);
    if (size !== null) this.#past += size;
    else {
      this.#steps.push({ bytes: this.#past, form });
      this.#past = 0;
    }
  }

  attribute(name: number): AttributeSpec | undefined {
    return this.#attributes.get(name);
  }

  /** Moves from the first value to that of an attribute. */
  skipTo(reader: ByteReader, { step, past }: AttributeSpec, format: UnitFormat): void {
    this.#skip(reader, step, past, format);
  }

  /**
   * Moves from the first value behind the last. It costs no more than there are bytes to be passed over, however many
   * attributes without any the abbreviation has.
   */
  skipAll(reader: ByteReader, format: UnitFormat): void {
    this.#skip(reader, this.#steps.length, this.#past, format);
  }

  #skip(reader: ByteReader, steps: number, past: number, format: UnitFormat): void {
    for (let i = 0; i < steps; i++) {
      const { bytes, form } = this.#steps[i]!;
      reader.skip(bytes);
      skipForm(reader, form, format);
    }
    reader.skip(past);
  }
}

export type AbbrevTable = ReadonlyMap<number, Abbrev>;

/** The abbreviation tables of `.debug_abbrev` (DWARF 5 §7.5.3), each parsed once. */
export class AbbrevTables {
  readonly #reader: ByteReader;
  readonly #tables = new Map<string, AbbrevTable>();
  #parsed = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** The table at `offset`; how long its forms are depends on the unit that asks. */
  at(offset: number, format: UnitFormat): AbbrevTable {
    const { addressSize, offsetSize, version } = format;
    const key = `${offset}/${addressSize}/${offsetSize}/${version === 2}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = this.#parse(offset, format);
      this.#tables.set(key, table);
    }
    return table;
  }

  #parse(offset: number, format: UnitFormat): AbbrevTable {
    const reader = this.#reader.seek(offset);
    const table = new Map<number, Abbrev>();
    for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
      const abbrev = new Abbrev(reader.uleb(), reader.u8() !== 0);
      for (;;) {
        const name = reader.uleb();
        const form = reader.uleb();
        if (name === 0 && form === 0) break;
        abbrev.add(name, form, form === Form.implicitConst ? reader.sleb() : 0, format);
      }
      table.set(code, abbrev);
    }
    // Tables never overlap, so all together are no longer than the section (twice: two formats of units).
    // Without this check a crafted file could have one long table parsed from each of its offsets.
    this.#parsed += reader.position - offset;
    if (this.#parsed > 2 * reader.bytes.length)
      throw reader.bad('has abbreviation tables that overlap', offset);
    return table;
  }
}
