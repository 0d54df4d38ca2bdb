// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { moduleReader, SectionId, sectionsOf } from './sections.js';

const FUNCTION_TYPE = 0x60;

/** Value types as the binary format writes them. */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/**
 * The types that functions may have, as the module lists them. Throws `E_BAD_MODULE`.
 * Format: WebAssembly core specification, §5.5.4 Type Section.
 */
export function declaredTypes(module: Uint8Array): FunctionType[] {
  const section = sectionsOf(module).find(({ id }) => id === SectionId.type);
  if (section === undefined) return [];
  const reader = moduleReader(module).seek(section.content);
  const types: FunctionType[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    if (reader.u8() !== FUNCTION_TYPE)
      throw reader.bad('has a type that is not a function’s', reader.position - 1);
    const parameters = [...reader.take(reader.uleb())];
    const results = [...reader.take(reader.uleb())];
    types.push({ parameters, results });
  }
  if (reader.position !== section.end)
    throw reader.bad('has a section that is longer or shorter than it says');
  return types;
}
