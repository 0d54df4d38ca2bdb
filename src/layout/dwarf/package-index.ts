// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../../bytes.js';

/** Where what a unit of a package refers to by offsets begins in the package's sections, bytes. */
export interface Contribution {
  readonly abbrevs: number;
  readonly strings: number;
}

/** Columns of the index of a package, as both of its versions number them. */
const Column = { info: 1, types: 2, abbrev: 3, strOffsets: 6 } as const;

/**
 * The index of a package of split DWARF (`.dwp`; DWARF 5 §7.3.5, and before that GNU's DebugFissionDWP): what each of
 * its units was counted from before they were put together.
 */
export class Contributions {
  /** By where the units begin. */
  readonly #starts: number[];
  readonly #all: readonly (Contribution & { readonly start: number; readonly end: number })[];

  /** @param readers of `.debug_cu_index` and `.debug_tu_index`, as far as they are there. */
  constructor(readers: readonly ByteReader[], areTypes: boolean) {
    this.#all = readers.flatMap((reader) => rows(reader, areTypes)).sort((a, b) => a.start - b.start);
    this.#starts = this.#all.map(({ start }) => start);
  }

  /** Of the unit at an offset; null where the index has none. */
  of(offset: number): Contribution | null {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    const row = this.#all[low - 1];
    return row !== undefined && offset < row.end ? row : null;
  }
}

function rows(reader: ByteReader, areTypes: boolean) {
  // GNU's version takes four bytes, DWARF's two and two that are padding.
  const version = reader.seek(0).u32() === 2 ? 2 : reader.seek(0).u16();
  if (version !== 2 && version !== 5)
    throw reader.bad(`has version ${version}; versions 2 and 5 are read`, 0);
  reader.seek(4);
  const columns = reader.u32();
  const units = reader.u32();
  const slots = reader.u32();
  reader.skip(slots * 12);
  if (columns === 0) return [];
  // Checked before anything is allocated: the table has to fit the section.
  if (columns * (2 * units + 1) * 4 > reader.bytes.length - reader.position)
    throw reader.bad('has a table that overruns it');
  const ids = Array.from({ length: columns }, () => reader.u32());
  const table = () => Array.from({ length: units }, () => ids.map(() => reader.u32()));
  const [offsets, sizes] = [table(), table()];
  // DWARF 5 has its types among the units; the version before has them in a section of their own.
  const section = ids.indexOf(areTypes ? Column.types : Column.info);
  const abbrev = ids.indexOf(Column.abbrev);
  const strings = ids.indexOf(Column.strOffsets);
  if (section < 0) return [];
  return offsets.map((row, i) => ({
    start: row[section]!,
    end: row[section]! + sizes[i]![section]!,
    abbrevs: row[abbrev] ?? 0,
    strings: row[strings] ?? 0,
  }));
}
