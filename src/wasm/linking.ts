// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';
import { printable } from '../printable.js';
import { moduleReader, SectionId, sectionsOf } from './sections.js';

/** What a data segment is called, as linkers see it. */
export interface SegmentName {
  readonly name: string;
  /** Bytes; a power of two. */
  readonly align: number;
  readonly flags: number;
  /** Where the name stands, its length included; bytes from the module's start. */
  readonly start: number;
  readonly end: number;
}

export const SegmentFlag = { strings: 1, threadLocal: 2 } as const;

/** A symbol. */
export interface LinkerSymbol {
  readonly kind: 'function' | 'data' | 'global' | 'section' | 'tag' | 'table';
  /** Printable; empty where it has none, or that of what it imports. */
  readonly name: string;
  readonly isDefined: boolean;
  /** What is not defined is nothing, and no error. */
  readonly isWeak: boolean;
  /** Other objects do not see it. */
  readonly isLocal: boolean;
  /** Of a function, a global, a tag or a table: which of all that the object imports and has itself. Else -1. */
  readonly index: number;
  /** The data segment that it lies in, by number, and where; null for all other symbols. */
  readonly place: { readonly segment: number; readonly offset: number; readonly size: number } | null;
}

/** What linkers go by: an object has it, and a module that was linked with its relocations kept. */
export interface Linking {
  /** By number. */
  readonly segments: readonly SegmentName[];
  /** The part that names segments: where its size stands, and what that counts. */
  readonly names: { readonly size: number; readonly counted: number; readonly end: number } | null;
  readonly symbols: readonly LinkerSymbol[];
}

/** Relocations that are made of the address of data; those of functions, types and globals have other numbers. */
export const RelocationType = {
  /** Of a memory argument's offset, and of i32.const. */
  addressLeb: 3,
  addressSleb: 4,
  /** Of a word in data. */
  addressWord: 5,
  /** Of a word in data, relative to its own address. */
  distanceWord: 23,
} as const;
/** All others that are made of the address of data: of position-independent code, of 64 bits, of thread-local storage. */
const otherAddresses = [11, 14, 15, 16, 17, 21, 25];
const addresses: readonly number[] = [...Object.values(RelocationType), ...otherAddresses];
/** Those of functions and sections that have an addend as well. */
const otherAddends = [8, 9, 22];

/** A place that depends on the address of data. */
export interface Relocation {
  /** A {@link RelocationType}, or another number. */
  readonly type: number;
  /** Of the number that depends on it; bytes from the module's start. */
  readonly offset: number;
  /** What it points to, by number. */
  readonly symbol: number;
}

const VERSION = 2;
const Part = { segments: 5, symbols: 8 } as const;
const symbolKinds = ['function', 'data', 'global', 'section', 'tag', 'table'] as const;
const SymbolFlag = { weak: 0x1, local: 0x2, undefined: 0x10, named: 0x40, absolute: 0x200 } as const;

/**
 * Reads what linkers go by; null where a module has nothing of the kind. Throws `E_BAD_MODULE`.
 * Format: WebAssembly tool conventions, Linking.md.
 */
export function linkingOf(module: Uint8Array): Linking | null {
  const section = sectionsOf(module).find(({ id, name }) => id === SectionId.custom && name === 'linking');
  if (section === undefined) return null;
  const reader = moduleReader(module).seek(section.content);
  const version = reader.uleb();
  if (version !== VERSION) throw reader.bad(`has symbols of version ${version}, not ${VERSION}`);
  let segments: SegmentName[] = [];
  let names: Linking['names'] = null;
  let symbols: LinkerSymbol[] = [];
  while (reader.position < section.end) {
    const part = reader.u8();
    const size = reader.position;
    const end = reader.uleb() + reader.position;
    if (end > section.end) throw reader.bad('has a part of its linking section that overruns it', size);
    if (part === Part.segments) {
      names = { size, counted: reader.position, end };
      segments = vector(reader, end, readSegment);
    }
    if (part === Part.symbols) symbols = vector(reader, end, readSymbol);
    reader.seek(end);
  }
  return { segments, names, symbols };
}

function vector<T>(reader: ByteReader, end: number, read: (reader: ByteReader) => T): T[] {
  const elements: T[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    elements.push(read(reader));
    if (reader.position > end) throw reader.bad('has a part that is longer than it says');
  }
  return elements;
}

const readName = (reader: ByteReader) => printable(Buffer.from(reader.take(reader.uleb())).toString('utf8'));

function readSegment(reader: ByteReader): SegmentName {
  const start = reader.position;
  const name = readName(reader);
  const end = reader.position;
  const exponent = reader.uleb();
  if (exponent > 31) throw reader.bad(`has data aligned to 2^${exponent} bytes`, end);
  return { name, start, end, align: 2 ** exponent, flags: reader.uleb() };
}

function readSymbol(reader: ByteReader): LinkerSymbol {
  const number = reader.u8();
  const kind = symbolKinds[number];
  if (kind === undefined) throw reader.bad(`has a symbol of the unknown kind ${number}`);
  const flags = reader.uleb();
  const has = (flag: number) => (flags & flag) !== 0;
  const isDefined = !has(SymbolFlag.undefined);
  const symbol = {
    kind,
    name: '',
    isDefined,
    isWeak: has(SymbolFlag.weak),
    isLocal: has(SymbolFlag.local),
    index: -1,
    place: null,
  };
  if (kind === 'section') {
    reader.skipLeb();
    return symbol;
  }
  if (kind === 'data') {
    const name = readName(reader);
    if (!isDefined) return { ...symbol, name };
    const place = { segment: reader.uleb(), offset: reader.uleb(), size: reader.uleb() };
    // One that the linker makes up lies in no segment.
    return { ...symbol, name, place: has(SymbolFlag.absolute) ? null : place };
  }
  const index = reader.uleb();
  // What is imported may have the name of the import.
  const name = isDefined || has(SymbolFlag.named) ? readName(reader) : '';
  return { ...symbol, index, name };
}

/**
 * The places in the sections with an id (code, data) that depend on the address of data. Throws `E_BAD_MODULE`.
 */
export function relocationsIn(module: Uint8Array, id: number): Relocation[] {
  const sections = sectionsOf(module);
  return sections
    .filter((section) => section.id === SectionId.custom && section.name.startsWith('reloc.'))
    .flatMap(({ content, end }) => {
      const reader = moduleReader(module).seek(content);
      const target = sections[reader.uleb()];
      if (target?.id !== id) return [];
      const found: Relocation[] = [];
      for (let count = reader.uleb(); count > 0; count--) {
        const type = reader.uleb();
        const offset = target.content + reader.uleb();
        const symbol = reader.uleb();
        const isAddress = addresses.includes(type);
        if (isAddress || otherAddends.includes(type)) reader.skipLeb();
        if (reader.position > end) throw reader.bad('has relocations that overrun their section');
        if (offset >= target.end) throw reader.bad('has a relocation outside of its section');
        if (isAddress) found.push({ type, offset, symbol });
      }
      return found;
    });
}

/** Where the content of each data segment lies, by number; bytes from the module's start. */
export interface SegmentBytes {
  /** Where its length stands. */
  readonly length: number;
  readonly start: number;
  readonly end: number;
}

const END = 0x0b;
const SegmentMode = { active: 0, passive: 1, ofMemory: 2 } as const;

/**
 * The data segments of a module. Throws `E_BAD_MODULE`.
 * Format: WebAssembly core specification, §5.5.14 Data Section.
 */
export function dataSegments(module: Uint8Array): SegmentBytes[] {
  const section = sectionsOf(module).find(({ id }) => id === SectionId.data);
  if (section === undefined) return [];
  const reader = moduleReader(module).seek(section.content);
  return vector(reader, section.end, () => {
    const mode = reader.uleb();
    if (mode === SegmentMode.ofMemory) reader.skipLeb();
    else if (mode !== SegmentMode.active && mode !== SegmentMode.passive)
      throw reader.bad(`has a data segment of the unknown mode ${mode}`);
    if (mode !== SegmentMode.passive) skipAddress(reader);
    const length = reader.position;
    const size = reader.uleb();
    const start = reader.position;
    reader.skip(size);
    return { length, start, end: reader.position };
  });
}

/** A constant, or a global's value. */
function skipAddress(reader: ByteReader): void {
  reader.skip(1);
  reader.skipLeb();
  if (reader.u8() !== END) throw reader.bad('has a data segment at an address that is more than a constant');
}
