// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { inflateSync } from 'node:zlib';
import { ByteReader } from '../../bytes.js';
import { LostbitError } from '../../errors.js';
import type { LayoutTarget } from '../types.js';
import { UnpackBudget, unzstd } from '../unpack.js';
import { Machine } from './machines.js';

const CLASS_64 = 2;
const BIG_ENDIAN = 2;
const EXTENDED_INDEX = 0xffff;
const COMPRESSED = 0x800;
const ZLIB = 1;
const ZSTD = 2;
/** Deflate shrinks to no less than a 1032nd: what claims to be longer would only use up memory. */
const DEFLATE_BEST = 1032;
/** What `.zdebug_` sections begin with, as gcc packed them before ELF had a way: then their size, big endian. */
const OLD_MAGIC = 'ZLIB';
const OLD_HEADER = 12;

export const FileType = { relocatable: 1 } as const;
export const SectionType = { symbols: 2, rela: 4, noBits: 8, rel: 9, symbolSections: 18 } as const;

export interface ElfSection {
  readonly index: number;
  /**
   * Read when it is asked for, and not kept: thousands of sections may have the ends of one long name for theirs. Throws
   * `E_BAD_ELF` where it has no end.
   */
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** From the file's start, bytes. */
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

/** Whether a file begins as ELF. */
export function isElf(file: Uint8Array): boolean {
  return file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

/**
 * The sections of an ELF file of 32 or 64 bits and either byte order, read in place.
 * All methods throw `E_BAD_ELF` with the place in the file. Format: System V ABI, chapters 4 and 5.
 */
export class Elf {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  /** e_type: 1 is an object whose relocations are still to be applied, a kernel module included. */
  readonly type: number;
  readonly machine: number;
  readonly sections: readonly ElfSection[];
  readonly #file: Uint8Array;
  readonly #budget: UnpackBudget;
  /** Their names. */
  #text: Uint8Array = new Uint8Array();
  #nameAt: readonly number[] = [];

  /** @param budget what its sections may become; by default what a file of its size may. */
  constructor(file: Uint8Array, budget = new UnpackBudget(file.length)) {
    this.#file = file;
    this.#budget = budget;
    if (!isElf(file)) throw badElf('does not start with the ELF magic', 0);
    this.is64 = file[4] === CLASS_64;
    this.littleEndian = file[5] !== BIG_ENDIAN;
    const reader = this.#reader(file);
    this.type = reader.seek(16).u16();
    this.machine = reader.u16();
    this.sections = this.#readSections(reader);
  }

  /** Of the file, bytes. */
  get size(): number {
    return this.#file.length;
  }

  get target(): LayoutTarget {
    const known = Object.values(Machine).find(({ number }) => number === this.machine);
    return {
      name: known?.target(this.is64, this.littleEndian) ?? `machine ${this.machine}`,
      littleEndian: this.littleEndian,
      pointerSize: this.is64 ? 8 : 4,
    };
  }

  /** The first section of a name. */
  section(name: string): ElfSection | undefined {
    return this.#named(name, (wanted) => this.sections.find(wanted));
  }

  /** All sections of a name: an object has one for each type that is a unit of its own. */
  sectionsNamed(name: string): ElfSection[] {
    return this.#named(name, (wanted) => this.sections.filter(wanted));
  }

  #named<T>(name: string, find: (wanted: (section: ElfSection) => boolean) => T): T {
    const bytes = Buffer.from(`${name}\0`);
    const text = this.#text;
    return find(({ index, type }) => {
      const at = this.#nameAt[index]!;
      return type !== SectionType.noBits && bytes.every((byte, i) => text[at + i] === byte);
    });
  }

  /** A section's content as the file has it: a view of it, or a copy where {@link isPacked}. */
  content(section: ElfSection): Uint8Array {
    const { offset, size } = section;
    if (offset + size > this.#file.length)
      throw badElf(
        `has a section ${section.name} of ${size} bytes that overruns the file of ${this.#file.length}`,
        offset,
      );
    const bytes = this.#file.subarray(offset, offset + size);
    return this.isPacked(section) ? this.#unpack(section, bytes) : bytes;
  }

  isPacked({ index, flags }: ElfSection): boolean {
    const old = Buffer.from('.zdebug_');
    return (
      (flags & COMPRESSED) !== 0 || old.every((byte, i) => this.#text[this.#nameAt[index]! + i] === byte)
    );
  }

  /** A reader of one of its sections; `what` says what the section is. */
  readerOf(section: ElfSection, what: string): ByteReader {
    return this.#reader(this.content(section), `${what} ${section.name}`);
  }

  #reader(bytes: Uint8Array, where?: string): ByteReader {
    return new ByteReader(
      bytes,
      (message, offset) => badElf(where === undefined ? message : `${message}, in ${where}`, offset),
      this.littleEndian,
    );
  }

  #readSections(reader: ByteReader): ElfSection[] {
    const { is64 } = this;
    const table = word(reader.seek(is64 ? 40 : 32), is64);
    reader.seek(is64 ? 58 : 46);
    const size = reader.u16();
    let count = reader.u16();
    let names = reader.u16();
    if (table === 0) return [];
    if (size < (is64 ? 64 : 40)) throw reader.bad(`has section headers of ${size} bytes`);
    if (table + size > reader.bytes.length)
      throw reader.bad(`has its section headers outside the file of ${reader.bytes.length} bytes`, table);
    // More sections than 16 bits can count are counted in the first header.
    const first = readHeader(reader.seek(table), 0, is64);
    if (count === 0) count = first.size;
    if (names === EXTENDED_INDEX) names = first.link;
    if (table + count * size > reader.bytes.length)
      throw reader.bad(`has ${count} section headers that overrun the file`, table);
    const headers = Array.from({ length: count }, (_, i) =>
      readHeader(reader.seek(table + i * size), i, is64),
    );
    const strings = headers[names];
    if (strings === undefined) throw reader.bad(`has its section names in section ${names}, which is none`);
    this.#nameAt = headers.map(({ nameAt }) => nameAt);
    // Its own name cannot be read yet, and is not needed.
    const text = this.content({ ...strings, index: headers.length, name: 'of names' });
    this.#text = text;
    const reading = this.#reader(text, 'the section names');
    return headers.map(({ nameAt, ...header }) => ({
      ...header,
      get name() {
        return reading.seek(nameAt).cstring();
      },
    }));
  }

  #unpack(section: ElfSection, bytes: Uint8Array): Uint8Array {
    const { name, offset } = section;
    const { type, size, packed } = this.#packing(section, bytes);
    if (size > this.#budget.left || (type === ZLIB && size > (packed.length + 64) * DEFLATE_BEST))
      throw badElf(
        `has a compressed section ${name} that claims to be of ${size} bytes, out of ${packed.length}`,
        offset,
      );
    this.#budget.take(size);
    if (size === 0) return new Uint8Array(0);
    let unpacked: Uint8Array;
    try {
      if (type === ZLIB) unpacked = inflateSync(packed, { maxOutputLength: size });
      else if (type === ZSTD) unpacked = unzstd(packed, size);
      else throw badElf(`has a section ${name} compressed in the unknown way ${type}`, offset);
    } catch (error) {
      if (error instanceof LostbitError) throw error;
      throw badElf(`has a section ${name} that cannot be decompressed`, offset, error);
    }
    if (unpacked.length !== size)
      throw badElf(`has a section ${name} of ${unpacked.length} bytes that should be ${size}`, offset);
    return unpacked;
  }

  #packing({ name, flags }: ElfSection, bytes: Uint8Array) {
    const reader = this.#reader(bytes, `the compressed section ${name}`);
    if ((flags & COMPRESSED) === 0) {
      if (Buffer.from(reader.take(OLD_MAGIC.length)).toString('latin1') !== OLD_MAGIC)
        throw reader.bad(`does not start with ${OLD_MAGIC}`, 0);
      const size = Number(Buffer.from(reader.take(8)).readBigUInt64BE());
      return { type: ZLIB, size, packed: bytes.subarray(OLD_HEADER) };
    }
    const type = reader.u32();
    if (this.is64) reader.skip(4);
    const size = word(reader, this.is64);
    reader.skip(this.is64 ? 8 : 4);
    return { type, size, packed: bytes.subarray(reader.position) };
  }
}

export function badElf(message: string, offset: number, cause?: unknown): LostbitError {
  return new LostbitError(
    'E_BAD_ELF',
    `the ELF file ${message} (offset 0x${offset.toString(16)})`,
    {},
    cause,
  );
}

/** A number of the file's class. One beyond 2^53 points outside every file, and is left to be found so. */
export function word(reader: ByteReader, is64: boolean): number {
  return Number(reader.word(is64 ? 8 : 4));
}

function readHeader(reader: ByteReader, index: number, is64: boolean) {
  const nameAt = reader.u32();
  const type = reader.u32();
  const flags = word(reader, is64);
  word(reader, is64); // address
  const offset = word(reader, is64);
  const size = word(reader, is64);
  const link = reader.u32();
  const info = reader.u32();
  return { index, nameAt, type, flags: flags % 2 ** 32, offset, size, link, info };
}
