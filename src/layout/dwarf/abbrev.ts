// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';
import { Form } from './constants.js';
import { fixedFormSize } from './forms.js';

export interface AttributeSpec {
  readonly name: number;
  readonly form: number;
  /** The value itself, for DW_FORM_implicit_const. */
  readonly implicit: number | bigint;
  /** Bytes of the value, null where it itself says. */
  readonly size: number | null;
  /** Bytes of all values before it, null where that depends on them. */
  readonly before: number | null;
}

export interface Abbrev {
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
  /** Bytes of all attribute values together, null where that depends on the values. */
  readonly fixedSize: number | null;
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

  /** The table at `offset`; sizes of addresses come from the unit that asks. */
  at(offset: number, addressSize: number): AbbrevTable {
    const key = `${offset}/${addressSize}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = this.#parse(offset, addressSize);
      this.#tables.set(key, table);
    }
    return table;
  }

  #parse(offset: number, addressSize: number): AbbrevTable {
    const reader = this.#reader.seek(offset);
    const table = new Map<number, Abbrev>();
    for (let code = reader.uleb(); code !== 0; code = reader.uleb()) {
      const tag = reader.uleb();
      const hasChildren = reader.u8() !== 0;
      const attributes: AttributeSpec[] = [];
      let fixedSize: number | null = 0;
      for (;;) {
        const name = reader.uleb();
        const form = reader.uleb();
        if (name === 0 && form === 0) break;
        const implicit = form === Form.implicitConst ? reader.sleb() : 0;
        const size = fixedFormSize(form, addressSize);
        attributes.push({ name, form, implicit, size, before: fixedSize });
        fixedSize = fixedSize === null || size === null ? null : fixedSize + size;
      }
      table.set(code, { tag, hasChildren, attributes, fixedSize });
    }
    // Tables never overlap, so all together are no longer than the section (twice: two address sizes).
    // Without this check a crafted file could have one long table parsed from each of its offsets.
    this.#parsed += reader.position - offset;
    if (this.#parsed > 2 * reader.bytes.length)
      throw reader.bad('has abbreviation tables that overlap', offset);
    return table;
  }
}
