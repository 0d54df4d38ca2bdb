// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect } from 'vitest';
import type { StructType } from '../../src/layout/types.js';
import { bitsOf, placeOf, setBits } from './place.js';
import { type Leaf, PRELUDE, type RandomStruct } from './random-struct.js';

/** The leaves that lie in the struct itself, so that an initialiser can name them. */
const own = ({ leaves }: RandomStruct): Leaf[] => leaves.filter(({ through }) => through === null);

/** C with, for each leaf, one struct in a section of its own in which all bits of that leaf are set. */
export function imagesProgram(structs: readonly RandomStruct[]): string {
  const images = structs.map((struct, s) => {
    const variables = own(struct).map(({ lvalue, kind }, l) => {
      const ones = kind === 'pointer' ? '(void *)-1L' : '-1';
      return `__attribute__((section("image_${s}_${l}"))) struct ${struct.tag} v_${s}_${l} = { .${lvalue} = ${ones} };`;
    });
    return `${struct.definition}\n${variables.join('\n')}`;
  });
  return `${PRELUDE}\n${images.join('\n')}`;
}

/** Each field must have the bits that its initialiser set, and each struct the size of its image. */
export function expectImages(
  structs: readonly RandomStruct[],
  read: (tag: string) => StructType,
  image: (section: string) => Uint8Array,
  littleEndian: boolean,
): void {
  for (const [s, random] of structs.entries()) {
    const struct = read(random.tag);
    for (const [l, leaf] of own(random).entries()) {
      const where = `${leaf.path} in ${random.definition}`;
      const bytes = image(`image_${s}_${l}`);
      expect(struct.size, where).toBe(bytes.length);
      const width = leaf.kind === 'bool' ? 1 : undefined;
      expect(bitsOf(placeOf(struct, leaf.path), littleEndian, width), where).toEqual(setBits(bytes));
    }
  }
}
