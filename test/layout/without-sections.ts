// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { SectionId, sectionsOf } from '../../src/wasm/sections.js';

/** The module without the custom sections whose names are unwanted; all else stays byte by byte. */
export function withoutSections(
  module: Uint8Array,
  unwanted: (name: string) => boolean,
): Uint8Array<ArrayBuffer> {
  const kept = sectionsOf(module).filter(({ id, name }) => id !== SectionId.custom || !unwanted(name));
  return Buffer.concat([
    module.subarray(0, 8),
    ...kept.map(({ start, end }) => module.subarray(start, end)),
  ]) as Uint8Array<ArrayBuffer>;
}
