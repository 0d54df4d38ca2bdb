// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { ByteReader } from '../../bytes.js';
import { LostbitError } from '../../errors.js';
import { Strings } from '../strings.js';
import { HEADER, Kind, MAGIC, TAIL, VERSION } from './constants.js';

/** The twelve bytes that every type begins with. */
export interface Head {
  /** Offset of its name in the strings; 0 is none. */
  readonly name: number;
  readonly kind: number;
  /** How many elements follow. */
  readonly count: number;
  /** Its one flag, which means something else for each kind. */
  readonly flag: boolean;
  /** Bytes, or the id of the type that it refers to. */
  readonly sizeOrType: number;
}

/** A name, a type and a number that depends on the kind; an element of a struct, an enum, … */
export type Triple = readonly [number, number, number];

/** Whether a file begins as bare BTF, and in which byte order; null where it does not. */
export function btfByteOrder(file: Uint8Array): 'little' | 'big' | null {
  if (file[0] === (MAGIC & 0xff) && file[1] === MAGIC >> 8) return 'little';
  if (file[0] === MAGIC >> 8 && file[1] === (MAGIC & 0xff)) return 'big';
  return null;
}

/**
 * One blob of BTF, its types numbered from 0 as they stand in it, read in place.
 * All methods throw `E_BAD_BTF` with the byte offset.
 */
export class BtfBlob {
  readonly littleEndian: boolean;
  /** Where each type begins, bytes from the blob's start. */
  readonly types: readonly number[];
  readonly #reader: ByteReader;
  readonly #strings: { readonly start: number; readonly end: number };
  readonly #texts: Strings;

  constructor(bytes: Uint8Array) {
    const order = btfByteOrder(bytes);
    this.littleEndian = order !== 'big';
    const reader = new ByteReader(
      bytes,
      (message, offset) =>
        new LostbitError('E_BAD_BTF', `the BTF ${message} (offset 0x${offset.toString(16)})`),
      this.littleEndian,
    );
    this.#reader = reader;
    this.#texts = new Strings(reader);
    if (order === null) throw reader.bad('does not start with its magic', 0);
    reader.skip(2);
    const version = reader.u8();
    if (version !== VERSION) throw reader.bad(`has version ${version}, only version ${VERSION} is known`, 2);
    reader.skip(1);
    const header = reader.u32();
    if (header < HEADER) throw reader.bad(`has a header of ${header} bytes`, 4);
    const part = (name: string) => {
      const at = reader.position;
      const start = header + reader.u32();
      const end = start + reader.u32();
      if (end > bytes.length) throw reader.bad(`has ${name} that overrun it`, at);
      return { start, end };
    };
    const types = part('types');
    this.#strings = part('strings');
    if (this.stringBytes > 0 && bytes[this.#strings.end - 1] !== 0)
      throw reader.bad('has strings without an end', this.#strings.end - 1);
    this.types = this.#findTypes(types.start, types.end);
  }

  bad(message: string, type: number): LostbitError {
    return this.#reader.bad(message, this.types[type]);
  }

  get stringBytes(): number {
    return this.#strings.end - this.#strings.start;
  }

  /** Where the strings begin, as offsets of names say it; the first is 0. */
  stringStarts(): number[] {
    const { start, end } = this.#strings;
    const starts: number[] = [];
    for (let at = start; at < end; at = this.#reader.bytes.indexOf(0, at) + 1) starts.push(at - start);
    return starts;
  }

  /** The string at an offset. */
  text(offset: number): string {
    const { start } = this.#strings;
    if (offset < 0 || offset >= this.stringBytes)
      throw this.#reader.bad(`has a name at ${offset} of ${this.stringBytes} bytes of strings`, start);
    return this.#texts.at(start + offset);
  }

  head(type: number): Head {
    const reader = this.#reader.seek(this.types[type]!);
    const name = reader.u32();
    const info = reader.u32();
    return {
      name,
      kind: kindOf(info),
      count: info & 0xffff,
      flag: info >>> 31 === 1,
      sizeOrType: reader.u32(),
    };
  }

  /** A type's kind alone, as most of what looks at all types wants. */
  kind(type: number): number {
    return kindOf(this.#reader.seek(this.types[type]! + 4).u32());
  }

  /** A type's tail: so many words of four bytes. */
  words(type: number, count: number): number[] {
    const reader = this.#reader.seek(this.types[type]! + 12);
    return Array.from({ length: count }, () => reader.u32());
  }

  /** The elements of a type whose tail is triples; of pairs, where `each` is 2, the last number is 0. */
  elements(type: number, { count }: Head, each: 2 | 3 = 3): Triple[] {
    const reader = this.#reader.seek(this.types[type]! + 12);
    return Array.from({ length: count }, () => [reader.u32(), reader.u32(), each === 3 ? reader.u32() : 0]);
  }

  #findTypes(start: number, end: number): number[] {
    const reader = this.#reader;
    const types: number[] = [];
    for (let at = start; at < end; ) {
      if (at + 12 > end) throw reader.bad('has a type that overruns the types', at);
      const info = reader.seek(at + 4).u32();
      const tail = TAIL.get(kindOf(info));
      if (tail === undefined) throw reader.bad(`has a type of the unknown kind ${kindOf(info)}`, at);
      types.push(at);
      at += 12 + tail.once + tail.each * (info & 0xffff);
      if (at > end) throw reader.bad('has a type that overruns the types', types.at(-1));
    }
    return types;
  }
}

function kindOf(info: number): number {
  return (info >>> 24) & 0x1f;
}

/** The references of a type to others, and to names; ids and offsets are those of the file. */
export interface References {
  readonly names: readonly number[];
  readonly types: readonly Reference[];
}

/** A reference, and what the type that it names must be. */
export interface Reference {
  readonly id: number;
  readonly to: 'any type' | 'a value' | 'an integer' | 'a prototype' | 'a variable' | 'anything';
}

/** All references that a type makes. */
export function referencesOf(blob: BtfBlob, type: number): References {
  const head = blob.head(type);
  const names = [head.name];
  const own = (to: Reference['to']) => [{ id: head.sizeOrType, to }];
  switch (head.kind) {
    case Kind.pointer:
    case Kind.typedef:
    case Kind.volatile:
    case Kind.const:
    case Kind.restrict:
    case Kind.typeTag:
      return { names, types: own('any type') };
    case Kind.function:
      return { names, types: own('a prototype') };
    case Kind.variable:
      return { names, types: own('any type') };
    case Kind.declTag:
      return { names, types: own('anything') };
    case Kind.array: {
      const [element, index] = blob.words(type, 2) as [number, number];
      return {
        names,
        types: [
          { id: element, to: 'a value' },
          { id: index, to: 'an integer' },
        ],
      };
    }
    case Kind.struct:
    case Kind.union: {
      const members = blob.elements(type, head);
      return {
        names: [...names, ...members.map(([name]) => name)],
        types: members.map(([, id]) => ({ id, to: 'a value' })),
      };
    }
    case Kind.functionProto: {
      const parameters = blob.elements(type, head, 2);
      const all = [...own('any type'), ...parameters.map(([, id]) => ({ id, to: 'any type' as const }))];
      return { names: [...names, ...parameters.map(([name]) => name)], types: all };
    }
    case Kind.dataSection:
      return { names, types: blob.elements(type, head).map(([id]) => ({ id, to: 'a variable' })) };
    case Kind.enum:
      return { names: [...names, ...blob.elements(type, head, 2).map(([name]) => name)], types: [] };
    case Kind.enum64:
      return { names: [...names, ...blob.elements(type, head).map(([name]) => name)], types: [] };
    default:
      return { names, types: [] };
  }
}
