// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { badElf, type Elf, type ElfSection, FileType, SectionType, word } from './elf.js';
import { type Action, relocationsOf, WORD } from './machines.js';

/** What DWARF says of types is in these; nothing else has to be unpacked or relocated. */
const DEBUG_SECTIONS = [
  '.debug_info',
  '.debug_abbrev',
  '.debug_str',
  '.debug_str_offsets',
  '.debug_line_str',
  '.debug_addr',
];

/** The sections of a file's DWARF that speak of types, by name, relocations applied. Throws `E_BAD_ELF`. */
export function debugSections(elf: Elf): Map<string, Uint8Array> {
  return new Map(
    DEBUG_SECTIONS.flatMap((name) => {
      const section = elf.section(name);
      return section === undefined ? [] : [[name, relocated(elf, section)] as const];
    }),
  );
}

/** A section's content with its relocations applied, as a linker would that puts all sections at 0. */
function relocated(elf: Elf, section: ElfSection): Uint8Array {
  const content = elf.content(section);
  const tables =
    elf.type === FileType.relocatable
      ? elf.sections.filter(
          ({ type, info }) =>
            info === section.index && (type === SectionType.rela || type === SectionType.rel),
        )
      : [];
  if (tables.length === 0) return content;
  if (tables.reduce((sum, { size }) => sum + size, 0) > elf.size)
    throw badElf(`has tables of relocations for ${section.name} that overlap`, section.offset);
  const copy = content.slice();
  for (const table of tables) apply(elf, section, table, copy);
  return copy;
}

function apply(elf: Elf, { name }: ElfSection, table: ElfSection, bytes: Uint8Array): void {
  const actions = relocationsOf(elf.machine);
  if (actions === null) throw badElf(`is for ${elf.target.name}, whose relocations are not known`, 18);
  const symbols = symbolValues(elf, table);
  const withAddend = table.type === SectionType.rela;
  const reader = elf.readerOf(table, 'the relocations');
  const place = new Place(bytes, elf.littleEndian);
  const { is64 } = elf;
  while (!reader.atEnd) {
    const start = reader.position;
    const offset = word(reader, is64);
    // On 64 bits, r_info is one number whose upper half is the symbol.
    const [first, second] = is64 ? [reader.u32(), reader.u32()] : [reader.u32(), 0];
    const [low, high] = elf.littleEndian ? [first, second] : [second, first];
    const type = is64 ? low : first & 0xff;
    const symbol = is64 ? high : first >>> 8;
    const addend = withAddend ? (is64 ? reader.u64() : reader.u32() | 0) : null;
    const action = actions.get(type);
    if (action === undefined)
      throw reader.bad(`has a relocation of the type ${type}, which is not known for ${elf.target.name}`);
    const value = symbols[symbol];
    if (value === undefined) throw reader.bad(`refers to symbol ${symbol} of ${symbols.length}`, start);
    if (!place.put(action, offset, value, addend))
      throw reader.bad(
        `relocates byte ${offset} of ${name}, which has ${bytes.length} bytes or something else there`,
        start,
      );
  }
}

/** The values of the symbols that a table of relocations refers to. In an object they are offsets in sections. */
function symbolValues(elf: Elf, table: ElfSection): readonly (number | bigint)[] {
  const section = elf.sections[table.link];
  if (section?.type !== SectionType.symbols)
    throw badElf(`has relocations ${table.name} without a symbol table`, table.offset);
  const size = elf.is64 ? 24 : 16;
  const reader = elf.readerOf(section, 'the symbols');
  return Array.from({ length: Math.floor(reader.bytes.length / size) }, (_, i) =>
    reader.seek(i * size + (elf.is64 ? 8 : 4)).word(elf.is64 ? 8 : 4),
  );
}

/** Writes what relocations say. */
class Place {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  /** False where there is no room. `addend` is null where it stands at the place itself. */
  put(action: Action, offset: number, symbol: number | bigint, addend: number | bigint | null): boolean {
    const bytes = this.#bytes;
    if (action.is === 'none') return true;
    const size = 'size' in action ? action.size : 1;
    if (offset + size > bytes.length) return false;
    // Nearly all relocations of DWARF are these: a kernel has millions.
    if (action === WORD && typeof symbol === 'number' && typeof addend === 'number') {
      this.#view.setUint32(offset, (symbol + addend) >>> 0, this.#littleEndian);
      return true;
    }
    const value = BigInt(symbol) + BigInt(addend ?? 0);
    if (action.is === 'set' && size === 8 && addend !== null && action.relative !== true) {
      this.#view.setBigUint64(offset, BigInt.asUintN(64, value), this.#littleEndian);
      return true;
    }
    switch (action.is) {
      case 'set': {
        const implicit = addend === null ? this.#get(offset, size) : 0n;
        this.#set(offset, size, value + implicit - (action.relative ? BigInt(offset) : 0n));
        return true;
      }
      case 'add':
        this.#set(offset, size, this.#get(offset, size) + value);
        return true;
      case 'subtract':
        this.#set(offset, size, this.#get(offset, size) - value);
        return true;
      case 'set6':
      case 'subtract6': {
        const before = bytes[offset]!;
        const low = action.is === 'set6' ? value : BigInt(before) - value;
        bytes[offset] = (before & 0xc0) | Number(low & 0x3fn);
        return true;
      }
      case 'setUleb':
        return this.#uleb(offset, () => value);
      case 'subtractUleb':
        return this.#uleb(offset, (before) => before - value);
    }
  }

  /** Replaces a LEB128 in the bytes it has; false where it does not end within ten. */
  #uleb(offset: number, change: (before: bigint) => bigint): boolean {
    const bytes = this.#bytes;
    let length = 0;
    let before = 0n;
    for (let byte = 0x80; byte >= 0x80; length++) {
      if (length === 10 || offset + length >= bytes.length) return false;
      byte = bytes[offset + length]!;
      before |= BigInt(byte & 0x7f) << BigInt(7 * length);
    }
    const value = BigInt.asUintN(64, change(before));
    for (let i = 0; i < length; i++) {
      const more = i + 1 < length ? 0x80 : 0;
      bytes[offset + i] = Number((value >> BigInt(7 * i)) & 0x7fn) | more;
    }
    return true;
  }

  #get(offset: number, size: number): bigint {
    let value = 0n;
    for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(this.#bytes[this.#at(offset, size, i)]!);
    return value;
  }

  #set(offset: number, size: number, value: bigint): void {
    let rest = BigInt.asUintN(size * 8, value);
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[this.#at(offset, size, i)] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }

  /** Where byte `i` stands, counted from the most significant. */
  #at(offset: number, size: number, i: number): number {
    return this.#littleEndian ? offset + size - 1 - i : offset + i;
  }
}
