// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ImportKind, importsOf } from './imports.js';
import { moduleReader, SectionId, sectionsOf } from './sections.js';

/** A function's code in the code section; offsets are from the module's start. */
export interface FunctionBody {
  /** In the module's index space, where imported functions come first. */
  readonly index: number;
  /** Where its size stands. */
  readonly size: number;
  /** Where its locals are declared; DWARF says that the function begins here. */
  readonly start: number;
  readonly end: number;
}

/** The code section of a module. */
export interface CodeSection {
  /** Offset of its content, which addresses in DWARF are counted from. */
  readonly start: number;
  /** In order of their indices, and of their offsets. */
  readonly bodies: readonly FunctionBody[];
}

/**
 * Where a module's functions are.
 * Throws `E_BAD_MODULE`. Format: WebAssembly core specification, §5.5.13 Code Section.
 */
export function codeSection(module: Uint8Array): CodeSection {
  const code = sectionsOf(module).find(({ id }) => id === SectionId.code);
  if (code === undefined) return { start: module.length, bodies: [] };
  const first = importsOf(module).filter(({ kind }) => kind === ImportKind.function).length;

  const reader = moduleReader(module).seek(code.content);
  const bodies: FunctionBody[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    const size = reader.position;
    const length = reader.uleb();
    const start = reader.position;
    if (start + length > code.end) throw reader.bad('has a function that overruns the code section', size);
    reader.skip(length);
    bodies.push({ index: first + bodies.length, size, start, end: reader.position });
  }
  if (reader.position !== code.end) throw reader.bad('has more code than functions');
  return { start: code.content, bodies };
}
