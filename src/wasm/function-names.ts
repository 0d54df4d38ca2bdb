// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { printable } from '../printable.js';
import { moduleReader, SectionId, sectionsOf } from './sections.js';

const FUNCTION_NAMES = 1;

/**
 * What the name section calls the module's functions, by index; empty where there is none.
 * Throws `E_BAD_MODULE`. Format: WebAssembly core specification, appendix §7.4 Custom Sections.
 */
export function functionNames(module: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const section = sectionsOf(module).find(({ id, name }) => id === SectionId.custom && name === 'name');
  if (section === undefined) return names;
  const reader = moduleReader(module).seek(section.content);
  while (reader.position < section.end) {
    const id = reader.u8();
    const size = reader.uleb();
    const end = reader.position + size;
    if (end > section.end) throw reader.bad('has a subsection that overruns the name section');
    if (id === FUNCTION_NAMES) {
      for (let count = reader.uleb(); count > 0; count--) {
        const index = reader.uleb();
        names.set(index, printable(Buffer.from(reader.take(reader.uleb())).toString('utf8')));
        if (reader.position > end) throw reader.bad('has function names that overrun their subsection');
      }
    }
    reader.seek(end);
  }
  return names;
}
