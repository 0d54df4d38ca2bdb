// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import type { ByteReader } from '../../bytes.js';
import { At, Form, Lnct } from './constants.js';
import type { Die } from './die.js';
import type { Dwarf } from './dwarf.js';
import { skipForm } from './forms.js';
import type { Unit } from './unit.js';

const DWARF64 = 0xffffffff;

/** What stands in front of a line program (DWARF 5 §6.2.4, DWARF 4 §6.2.4). */
export interface LineHeader {
  /** Offset of the first opcode, and behind the last one. */
  readonly program: number;
  readonly end: number;
  /** Bytes of an instruction's smallest step; 1 in WebAssembly. */
  readonly step: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of each standard opcode; the first one's is at 1. */
  readonly operands: readonly number[];
  /** Paths by the number that the program uses; relative ones are relative to the compilation directory. */
  readonly files: readonly (string | undefined)[];
}

/** Reads the header at `offset` of `.debug_line`; `root` is the unit's own entry. Throws `E_BAD_DWARF`. */
export function readLineHeader(dwarf: Dwarf, root: Die, offset: number): LineHeader {
  const reader = dwarf.section('.debug_line').seek(offset);
  const length = reader.u32();
  if (length === DWARF64)
    throw reader.bad('is a line program of 64-bit DWARF; only 32-bit ones are read', offset);
  const end = reader.position + length;
  if (end > reader.bytes.length)
    throw reader.bad(`has a line program of ${length} bytes that overruns the section`, offset);
  const version = reader.u16();
  if (version !== 4 && version !== 5)
    throw reader.bad(`has a line program of DWARF version ${version}; versions 4 and 5 are read`, offset);
  if (version === 5) reader.skip(2); // sizes of an address and a segment selector
  const headerLength = reader.u32();
  const program = reader.position + headerLength;
  if (program > end) throw reader.bad('has a line program whose header overruns it', offset);
  const step = reader.u8();
  if (reader.u8() > 1) throw reader.bad('has a line program of a VLIW machine, which is not read', offset);
  reader.skip(1); // whether a row begins a statement
  const lineBase = (reader.u8() << 24) >> 24;
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  if (lineRange === 0 || opcodeBase === 0) throw reader.bad('has a line program without opcodes', offset);
  const operands = [0, ...reader.take(opcodeBase - 1)];
  const files = version === 5 ? files5(dwarf, root.unit, reader) : files4(root, reader);
  if (reader.position > program) throw reader.bad('has a line program whose header overruns it', offset);
  return { program, end, step, lineBase, lineRange, opcodeBase, operands, files };
}

interface FileEntry {
  readonly path: string;
  readonly directory: number;
}

function files4(root: Die, reader: ByteReader): (string | undefined)[] {
  const directories = [root.text(At.compDir) ?? '.'];
  for (let path = reader.cstring(); path !== ''; path = reader.cstring()) directories.push(path);
  const files: (string | undefined)[] = [undefined];
  for (let path = reader.cstring(); path !== ''; path = reader.cstring()) {
    files.push(resolve({ path, directory: reader.uleb() }, directories));
    reader.skipLeb(); // time of the last change
    reader.skipLeb(); // size
  }
  return files;
}

function files5(dwarf: Dwarf, unit: Unit, reader: ByteReader): (string | undefined)[] {
  const directories = entries(dwarf, unit, reader).map(({ path }) => path);
  return entries(dwarf, unit, reader).map((entry) => resolve(entry, directories));
}

function entries(dwarf: Dwarf, unit: Unit, reader: ByteReader): FileEntry[] {
  const columns = Array.from({ length: reader.u8() }, () => ({
    content: reader.uleb(),
    form: reader.uleb(),
  }));
  const count = reader.uleb();
  // Every entry takes a byte at least, its path; so that a wild count ends here.
  if (count > 0 && (count > reader.bytes.length || !columns.some(({ content }) => content === Lnct.path)))
    throw reader.bad('has a line program with files that have no names');
  return Array.from({ length: count }, () => {
    let path = '';
    let directory = 0;
    for (const { content, form } of columns) {
      if (content === Lnct.path) path = dwarf.text(unit, form, reader);
      else if (content === Lnct.directoryIndex) directory = index(reader, form);
      else skipForm(reader, form, unit);
    }
    return { path, directory };
  });
}

function index(reader: ByteReader, form: number): number {
  switch (form) {
    case Form.data1:
      return reader.u8();
    case Form.data2:
      return reader.u16();
    case Form.udata:
      return reader.uleb();
    default:
      throw reader.bad(`has a directory index of the form 0x${form.toString(16)}, which is not one`);
  }
}

/** The first directory is the compilation's own, which the others may be relative to. */
function resolve({ path, directory }: FileEntry, directories: readonly string[]): string {
  const parts = [directories[0] ?? '', directory === 0 ? '' : (directories[directory] ?? ''), path];
  const absolute = parts.findLastIndex((part) => part.startsWith('/'));
  return posix.join(...parts.slice(Math.max(absolute, 0)));
}
