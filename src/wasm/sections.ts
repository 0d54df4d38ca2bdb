// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { ByteReader } from '../bytes.js';
import { LostbitError } from '../errors.js';

const MAGIC = 0x6d736100;
const VERSION = 1;

/** Sections that lostbit acts on. */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  code: 10,
  data: 11,
} as const;

/** A section of a WebAssembly module; offsets are from the module's start. */
export interface Section {
  readonly id: number;
  /** Of a custom section; of the others it is empty. */
  readonly name: string;
  /** Where its id stands. */
  readonly start: number;
  /** Where that begins which its size counts. */
  readonly counted: number;
  /** Where its content begins, behind the size and, in a custom section, the name. */
  readonly content: number;
  readonly end: number;
}

/** Whether a file begins as a WebAssembly module. */
export function isWasm(file: Uint8Array): boolean {
  return file[0] === 0x00 && file[1] === 0x61 && file[2] === 0x73 && file[3] === 0x6d;
}

/** A reader of a whole module, whose complaints are `E_BAD_MODULE` with the byte offset. */
export function moduleReader(module: Uint8Array): ByteReader {
  return new ByteReader(
    module,
    (message, offset) => new LostbitError('E_BAD_MODULE', `the wasm module ${message} (byte ${offset})`),
  );
}

/**
 * All sections of a WebAssembly module, in order. Throws `E_BAD_MODULE`.
 * Format: WebAssembly core specification, §5.5 Modules.
 */
export function sectionsOf(module: Uint8Array): Section[] {
  const reader = moduleReader(module);
  if (module.length < 8 || reader.u32() !== MAGIC) throw reader.bad('does not start with the wasm magic', 0);
  const version = reader.u32();
  if (version !== VERSION) throw reader.bad(`has version ${version}, only version ${VERSION} is known`, 4);
  const sections: Section[] = [];
  while (!reader.atEnd) {
    const start = reader.position;
    const id = reader.u8();
    const size = reader.uleb();
    const counted = reader.position;
    const end = counted + size;
    const name = id === SectionId.custom ? Buffer.from(reader.take(reader.uleb())).toString('utf8') : '';
    const content = reader.position;
    if (content > end) throw reader.bad('has a section name that overruns its section');
    reader.skip(end - content);
    sections.push({ id, name, start, counted, content, end });
  }
  return sections;
}

/**
 * The custom sections of a WebAssembly module (`.debug_info`, `name`, …), by name; the bytes are views of `module`.
 * Throws `E_BAD_MODULE`.
 */
export function customSections(module: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const custom = sectionsOf(module).filter(({ id }) => id === SectionId.custom);
  return new Map(custom.map(({ name, content, end }) => [name, module.subarray(content, end)]));
}
