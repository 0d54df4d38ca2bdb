// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import type { ByteReader } from '../../bytes.js';
import { LostbitError } from '../../errors.js';
import { declaredTypes, type FunctionType } from '../../wasm/function-types.js';
import { ImportKind, importsOf, Limits, readLimits } from '../../wasm/imports.js';
import { moduleReader, SectionId, sectionsOf } from '../../wasm/sections.js';

const Constant = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 } as const;
const END = 0x0b;

export { declaredTypes, type FunctionType };

/** The type of each function, by index, imported ones first. Throws `E_BAD_MODULE`. */
export function functionTypes(module: Uint8Array): FunctionType[] {
  const types = declaredTypes(module);
  const imported = importsOf(module).filter(({ kind }) => kind === ImportKind.function);
  const defined = vector(module, SectionId.function, (reader) => reader.uleb());
  return [...imported.map(({ type }) => type), ...defined].map((index) => {
    const type = types[index];
    if (type === undefined) throw moduleReader(module).bad(`has a function of the unknown type ${index}`);
    return type;
  });
}

/** The index of an exported function; undefined where none is exported by that name. Throws `E_BAD_MODULE`. */
export function exportedFunction(module: Uint8Array, name: string): number | undefined {
  return exported(module, name, ImportKind.function);
}

/** The index of an exported global; undefined where none is exported by that name. Throws `E_BAD_MODULE`. */
export function exportedGlobal(module: Uint8Array, name: string): number | undefined {
  return exported(module, name, ImportKind.global);
}

/** Of 32 bits; of another type undefined. */
function readConstant(reader: ByteReader): number | undefined {
  switch (reader.u8()) {
    case Constant.i32:
      return Number(reader.sleb()) >>> 0;
    case Constant.i64:
      reader.skipLeb();
      return undefined;
    case Constant.f32:
      reader.skip(4);
      return undefined;
    case Constant.f64:
      reader.skip(8);
      return undefined;
    default:
      throw reader.bad('has a global that is not a constant');
  }
}

/**
 * The value of an exported global that is a constant of 32 bits, as the linker's `__heap_base` is, unsigned; undefined
 * where none is exported by that name. Throws `E_BAD_MODULE`.
 */
export function exportedConstant(module: Uint8Array, name: string): number | undefined {
  const index = exported(module, name, ImportKind.global);
  if (index === undefined) return undefined;
  const imported = importsOf(module).filter(({ kind }) => kind === ImportKind.global).length;
  const constants = vector(module, SectionId.global, (reader) => {
    reader.skip(2);
    const value = readConstant(reader);
    if (reader.u8() !== END) throw reader.bad('has a global that is more than a constant');
    return value;
  });
  return constants[index - imported];
}

function exported(module: Uint8Array, name: string, kind: number): number | undefined {
  const exports = vector(module, SectionId.export, (reader) => {
    const name = Buffer.from(reader.take(reader.uleb())).toString('utf8');
    return { name, kind: reader.u8(), index: reader.uleb() };
  });
  return exports.find((one) => one.kind === kind && one.name === name)?.index;
}

/** Throws `E_BAD_MODULE` where addresses are anything but 32 bits of one memory. */
export function refuseOtherMemories(module: Uint8Array): void {
  const imported = importsOf(module).filter(({ kind }) => kind === ImportKind.memory);
  const memories = [...imported.map(({ type }) => type), ...vector(module, SectionId.memory, readLimits)];
  const refuse = (what: string) =>
    new LostbitError(
      'E_BAD_MODULE',
      `the wasm module has ${what}; only one memory of 32 bits is instrumented`,
    );
  if (memories.length > 1) throw refuse(`${memories.length} memories`);
  if (memories.some((flags) => (flags & Limits.is64) !== 0)) throw refuse('a memory of 64 bits');
}

/** The elements of a section that is one vector; none where the section is missing. */
function vector<T>(module: Uint8Array, id: number, read: (reader: ByteReader) => T): T[] {
  const section = sectionsOf(module).find((one) => one.id === id);
  if (section === undefined) return [];
  const reader = moduleReader(module).seek(section.content);
  const elements: T[] = [];
  for (let count = reader.uleb(); count > 0; count--) elements.push(read(reader));
  if (reader.position !== section.end)
    throw reader.bad('has a section that is longer or shorter than it says');
  return elements;
}
