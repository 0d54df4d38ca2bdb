// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';
import { printable } from '../printable.js';
import { moduleReader, SectionId, sectionsOf } from './sections.js';

export const ImportKind = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** What limits say besides a minimum: whether there is a maximum, threads share it, and indices have 64 bits. */
export const Limits = { hasMaximum: 1, isShared: 2, is64: 4 } as const;

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  /** Of a function: the index of its type. Of a table or a memory: the flags of its limits. Else 0. */
  readonly type: number;
  /** Where its type stands behind the kind, and where that ends; bytes from the module's start. */
  readonly start: number;
  readonly end: number;
}

/**
 * What a module imports, in order. Throws `E_BAD_MODULE`.
 * Format: WebAssembly core specification, §5.5.5 Import Section.
 */
export function importsOf(module: Uint8Array): Import[] {
  const section = sectionsOf(module).find(({ id }) => id === SectionId.import);
  if (section === undefined) return [];
  const reader = moduleReader(module).seek(section.content);
  const imports: Import[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    const [from, name] = [nameIn(reader), nameIn(reader)];
    const kind = reader.u8();
    const start = reader.position;
    const type = readType(reader, kind);
    imports.push({ module: from, name, kind, type, start, end: reader.position });
  }
  return imports;
}

const nameIn = (reader: ByteReader) => printable(Buffer.from(reader.take(reader.uleb())).toString('utf8'));

function readType(reader: ByteReader, kind: number): number {
  switch (kind) {
    case ImportKind.function:
      return reader.uleb();
    case ImportKind.table:
      reader.skip(1);
      return readLimits(reader);
    case ImportKind.memory:
      return readLimits(reader);
    case ImportKind.global:
      reader.skip(2);
      return 0;
    case ImportKind.tag:
      reader.skip(1);
      reader.skipLeb();
      return 0;
    default:
      throw reader.bad(`has an import of the unknown kind ${kind}`);
  }
}

/** The flags of limits, which the reader is then behind. */
export function readLimits(reader: ByteReader): number {
  const flags = reader.u8();
  reader.skipLeb();
  if ((flags & Limits.hasMaximum) !== 0) reader.skipLeb();
  return flags;
}
