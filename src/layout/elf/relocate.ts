// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { badElf, type Elf, type ElfSection, FileType, SectionType, word } from './elf.js';
import { type Action, Machine, relocationsOf, WORD } from './machines.js';

/** The sections of DWARF with types; nothing else has to be unpacked or relocated. */
const DEBUG_SECTIONS = [
  '.debug_info',
  '.debug_types',
  '.debug_abbrev',
  '.debug_str',
  '.debug_str_offsets',
  '.debug_line_str',
  '.debug_addr',
];
/** The index of a package of what was split off. */
const INDICES = ['.debug_cu_index', '.debug_tu_index'];
/** What gcc calls the same in an object that is to be optimised when it is linked, of types all is there. */
const LTO = '.gnu.debuglto_';

/**
 * The sections of a file's DWARF that describe types, by name, relocations applied: those of a `.dwo` and a `.dwp` with
 * their suffix, others by the name that they have without a prefix for how they are packed or what for. Sections of one
 * name are put one behind the other, as by a linker. Throws `E_BAD_ELF`.
 */
export function debugSections(elf: Elf): Map<string, Uint8Array> {
  const sections = new Map<string, ElfSection[]>();
  for (const name of DEBUG_SECTIONS) {
    const spellings = [name, name.replace('.debug_', '.zdebug_'), `${LTO}${name}`];
    const found = spellings.map((one) => elf.sectionsNamed(one)).find(({ length }) => length > 0);
    if (found !== undefined) sections.set(name, found);
    const split = elf.sectionsNamed(`${name}.dwo`);
    if (split.length > 0) sections.set(`${name}.dwo`, split);
  }
  for (const name of INDICES) {
    const section = elf.section(name);
    if (section !== undefined) sections.set(name, [section]);
  }
  return new Linker(elf, sections).link();
}

/** Puts sections where a linker would that has each name begin at 0. */
class Linker {
  readonly #elf: Elf;
  readonly #sections: ReadonlyMap<string, readonly ElfSection[]>;
  /** Tables of relocations, by the section that they are for. */
  readonly #tables = new Map<number, ElfSection[]>();
  readonly #contents = new Map<number, Uint8Array>();
  /** Where the content of each section begins among those of its name. */
  readonly #starts = new Map<number, number>();
  /** Of each symbol table, by its index. */
  readonly #symbols = new Map<number, readonly (number | bigint)[]>();

  constructor(elf: Elf, sections: ReadonlyMap<string, readonly ElfSection[]>) {
    this.#elf = elf;
    this.#sections = sections;
  }

  link(): Map<string, Uint8Array> {
    const all = [...this.#sections.values()].flat();
    this.#checkOverlap(all.filter((section) => !this.#elf.isPacked(section)));
    if (this.#elf.type === FileType.relocatable) this.#findTables(all);
    for (const parts of this.#sections.values()) {
      let start = 0;
      for (const part of parts) {
        const content = this.#elf.content(part);
        this.#contents.set(part.index, content);
        this.#starts.set(part.index, start);
        start += content.length;
      }
    }
    return new Map(
      [...this.#sections].map(([name, parts]) => {
        const contents = parts.map((part) => this.#relocated(part));
        return [name, contents.length === 1 ? contents[0]! : Buffer.concat(contents)];
      }),
    );
  }

  /** Without this check a crafted file could have one long part of it be any number of sections. */
  #checkOverlap(sections: readonly ElfSection[]): void {
    const total = sections.reduce((sum, { size }) => sum + size, 0);
    if (total > this.#elf.size && sections.length > 1)
      throw badElf(`has debug sections of ${total} bytes, which overlap`, sections[0]!.offset);
  }

  #findTables(all: readonly ElfSection[]): void {
    const wanted = new Set(all.map(({ index }) => index));
    let total = 0;
    for (const section of this.#elf.sections) {
      const { type, info, size } = section;
      if ((type !== SectionType.rela && type !== SectionType.rel) || !wanted.has(info)) continue;
      const tables = this.#tables.get(info);
      if (tables === undefined) this.#tables.set(info, [section]);
      else tables.push(section);
      total += size;
    }
    if (total > this.#elf.size) throw badElf('has tables of relocations that overlap', 0);
  }

  /** A section's content with its relocations applied. */
  #relocated(section: ElfSection): Uint8Array {
    const content = this.#contents.get(section.index)!;
    const tables = this.#tables.get(section.index) ?? [];
    if (tables.length === 0) return content;
    const own = this.#elf.isPacked(section) ? content : content.slice();
    for (const table of tables) apply(this.#elf, section, table, own, this.#symbolsOf(table));
    return own;
  }

  #symbolsOf(table: ElfSection): readonly (number | bigint)[] {
    const known = this.#symbols.get(table.link);
    if (known !== undefined) return known;
    const section = this.#elf.sections[table.link];
    if (section?.type !== SectionType.symbols)
      throw badElf(`has relocations ${table.name} without a symbol table`, table.offset);
    const values = symbolValues(this.#elf, section, this.#starts);
    this.#symbols.set(table.link, values);
    return values;
  }
}

function apply(
  elf: Elf,
  { name }: ElfSection,
  table: ElfSection,
  bytes: Uint8Array,
  symbols: readonly (number | bigint)[],
): void {
  const actions = relocationsOf(elf.machine);
  if (actions === null) throw badElf(`is for ${elf.target.name}, whose relocations are not known`, 18);
  const withAddend = table.type === SectionType.rela;
  const reader = elf.readerOf(table, 'the relocations');
  const place = new Place(bytes, elf.littleEndian);
  const { is64 } = elf;
  const isMips64 = is64 && elf.machine === Machine.mips.number;
  while (!reader.atEnd) {
    const start = reader.position;
    const offset = word(reader, is64);
    // On 64 bits, r_info is one number whose upper half is the symbol; on mips that half comes first in either byte
    // order, and then four bytes: a second symbol, and the types of three relocations, one on top of the other.
    const [first, second] = is64 ? [reader.u32(), reader.u32()] : [reader.u32(), 0];
    const [low, high] = elf.littleEndian && !isMips64 ? [first, second] : [second, first];
    const type = isMips64 ? mipsType(low, elf.littleEndian) : is64 ? low : first & 0xff;
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

/**
 * The type of a relocation of 64-bit mips (its psABI supplement, §2.9.1): the last byte, if the two before it are none. A
 * number that no relocation has where they are not.
 */
function mipsType(types: number, littleEndian: boolean): number {
  const bytes = littleEndian
    ? [types & 0xff, (types >>> 8) & 0xff, (types >>> 16) & 0xff, types >>> 24]
    : [types >>> 24, (types >>> 16) & 0xff, (types >>> 8) & 0xff, types & 0xff];
  const [secondSymbol, third, second, type] = bytes as [number, number, number, number];
  return secondSymbol === 0 && third === 0 && second === 0 ? type : types;
}

/** Sections from here on are none: the symbol's value is absolute, or its section stands in a table of its own. */
const RESERVED_SECTIONS = 0xff00;
const SECTION_ELSEWHERE = 0xffff;

/** The values of a table's symbols. In an object they are offsets in sections, to which is added where these begin. */
function symbolValues(
  elf: Elf,
  section: ElfSection,
  starts: ReadonlyMap<number, number>,
): readonly (number | bigint)[] {
  const { is64 } = elf;
  const size = is64 ? 24 : 16;
  const reader = elf.readerOf(section, 'the symbols');
  const count = Math.floor(reader.bytes.length / size);
  const table = elf.sections.find(
    ({ type, link }) => type === SectionType.symbolSections && link === section.index,
  );
  const elsewhere = table && elf.readerOf(table, "the symbols' sections");
  const sectionOf = (i: number): number => {
    const number = reader.seek(i * size + (is64 ? 6 : 14)).u16();
    if (number === SECTION_ELSEWHERE) return elsewhere?.seek(i * 4).u32() ?? 0;
    return number < RESERVED_SECTIONS ? number : 0;
  };
  return Array.from({ length: count }, (_, i) => {
    const value = reader.seek(i * size + (is64 ? 8 : 4)).word(is64 ? 8 : 4);
    const start = starts.get(sectionOf(i)) ?? 0;
    return start === 0 ? value : typeof value === 'number' ? value + start : value + BigInt(start);
  });
}

/** Applies relocations. */
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
