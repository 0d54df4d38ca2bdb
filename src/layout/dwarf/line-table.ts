// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { At, Lne, Lns } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import { type LineHeader, readLineHeader } from './line-header.js';
import { lastFrom } from './ranges.js';

/** A place in a source file; a line of 0 is code that is of no line. */
export interface LineRow {
  /** First address of the code. */
  readonly low: number;
  readonly file: number;
  readonly line: number;
}

/** A run of rows without a gap between them, sorted; `high` is the first address behind it. */
interface Sequence {
  readonly low: number;
  readonly high: number;
  readonly rows: readonly LineRow[];
}

/** From which lines of which files a unit's code was made. */
export class LineTable {
  readonly #files: LineHeader['files'];
  readonly #sequences: readonly Sequence[];

  constructor({ files }: LineHeader, sequences: Sequence[]) {
    this.#files = files;
    this.#sequences = sequences.sort((a, b) => a.low - b.low);
  }

  /** The path of a file by its number; null where there is none of that number. */
  file(number: number): string | null {
    return this.#files[number] ?? null;
  }

  /** The row that an address belongs to. */
  row(address: number): LineRow | null {
    const sequence = lastFrom(this.#sequences, address);
    return sequence === null || address >= sequence.high ? null : lastFrom(sequence.rows, address);
  }

  /** Of the rows that have a line and that count, the last one up to an address, or else the first one behind it. */
  nearest(address: number, counts: (row: LineRow) => boolean): LineRow | null {
    const { rows = [] } = lastFrom(this.#sequences, address) ?? {};
    const isFound = (row: LineRow) => row.line >= 1 && counts(row);
    return (
      rows.findLast((row) => row.low <= address && isFound(row)) ??
      rows.find((row) => row.low > address && isFound(row)) ??
      null
    );
  }
}

/** The line tables of `.debug_line`, each run once (DWARF 5 §6.2). Throws `E_BAD_DWARF`. */
export class LineTables {
  readonly #dwarf: Dwarf;
  readonly #tables = new Map<number, LineTable>();
  #run = 0;

  constructor(dwarf: Dwarf) {
    this.#dwarf = dwarf;
  }

  /** The table of the unit whose own entry is `root`; null where it has none. */
  of(root: Die): LineTable | null {
    const offset = root.sectionOffset(At.stmtList);
    if (offset === null) return null;
    let table = this.#tables.get(offset);
    if (table === undefined) {
      const header = readLineHeader(this.#dwarf, root, offset);
      // Tables never overlap, so all together are no longer than the section.
      this.#run += header.end - offset;
      const { bytes } = this.#dwarf.section('.debug_line');
      if (this.#run > bytes.length) throw root.bad('has line programs that overlap');
      table = new LineTable(header, runLineProgram(this.#dwarf, header));
      this.#tables.set(offset, table);
    }
    return table;
  }
}

/** The state machine of DWARF 5 §6.2.2; columns, statements and blocks are of no interest here. */
function runLineProgram(dwarf: Dwarf, header: LineHeader): Sequence[] {
  const { step, lineBase, lineRange, opcodeBase, operands, end } = header;
  const reader = dwarf.section('.debug_line').seek(header.program);
  const sequences: Sequence[] = [];
  let rows: LineRow[] = [];
  let address = 0;
  let file = 1;
  let line = 1;
  const reset = () => {
    rows = [];
    address = 0;
    file = 1;
    line = 1;
  };
  const copy = () => {
    if (address < (rows.at(-1)?.low ?? 0)) throw reader.bad('has a line program that goes back');
    rows.push({ low: address, file, line });
  };

  const extended = () => {
    const length = reader.uleb();
    const next = reader.position + length;
    if (length === 0 || next > end) throw reader.bad('has a line program with an opcode that overruns it');
    const opcode = reader.u8();
    if (opcode === Lne.endSequence) {
      const low = rows[0]?.low ?? address;
      if (address > low) sequences.push({ low, high: address, rows });
      reset();
    } else if (opcode === Lne.setAddress) {
      // Code that the linker has dropped is beyond every 32-bit address that is asked for.
      address = Number(reader.word(length - 1));
    }
    reader.seek(next);
  };

  while (reader.position < end) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      address += Math.trunc((opcode - opcodeBase) / lineRange) * step;
      line += lineBase + ((opcode - opcodeBase) % lineRange);
      copy();
      continue;
    }
    switch (opcode) {
      case 0:
        extended();
        break;
      case Lns.copy:
        copy();
        break;
      case Lns.advancePc:
        address += reader.uleb() * step;
        break;
      case Lns.advanceLine:
        line += Number(reader.sleb());
        break;
      case Lns.setFile:
        file = reader.uleb();
        break;
      case Lns.constAddPc:
        address += Math.trunc((255 - opcodeBase) / lineRange) * step;
        break;
      case Lns.fixedAdvancePc:
        address += reader.u16();
        break;
      default:
        for (let count = operands[opcode] ?? 0; count > 0; count--) reader.skipLeb();
    }
  }
  if (reader.position > end || rows.length > 0) throw reader.bad('has a line program without an end');
  return sequences;
}
