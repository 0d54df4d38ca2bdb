import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tag } from '../../src/layout/dwarf/constants.js';
import { Dwarf } from '../../src/layout/dwarf/dwarf.js';
import { NameIndex } from '../../src/layout/dwarf/name-index.js';
import { TypeReader } from '../../src/layout/dwarf/type-reader.js';
import type { StructType } from '../../src/layout/types.js';
import { resolveFieldPath } from '../../src/machine/field-path.js';
import { compileOutside, onPath } from './compile.js';
import { elfSections } from './elf-sections.js';
import { type Leaf, PRELUDE, type RandomStruct, randomStructs } from './random-struct.js';

/** The leaves that lie in the struct itself, so that an initialiser can name them. */
const own = ({ leaves }: RandomStruct): Leaf[] => leaves.filter(({ through }) => through === null);

/** C with, for each leaf, one struct in a section of its own in which all bits of that leaf are set. */
function program(structs: readonly RandomStruct[]): string {
  const images = structs.map((struct, s) => {
    const variables = own(struct).map(({ lvalue, kind }, l) => {
      const ones = kind === 'pointer' ? '(void *)-1L' : '-1';
      return `__attribute__((section("image_${s}_${l}"))) struct ${struct.tag} v_${s}_${l} = { .${lvalue} = ${ones} };`;
    });
    return `${struct.definition}\n${variables.join('\n')}`;
  });
  return `${PRELUDE}\n${images.join('\n')}`;
}

function setBits(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => i * 8 + bit),
  );
}

// gcc writes bit-fields as DW_AT_bit_offset in DWARF 4 and as DW_AT_data_bit_offset in DWARF 5.
describe.skipIf(!onPath('gcc') || process.arch !== 'x64' || process.platform !== 'linux').each([4, 5])(
  'gcc on x86_64, DWARF %i',
  (version) => {
    it('has each field in the bits that its initialiser sets', () => {
      fc.assert(
        fc.property(randomStructs(40, true), (structs) => {
          const gcc = ['gcc', '-x', 'c', '-w', '-g', `-gdwarf-${version}`, '-nostdlib', '-static', '-Wl,-e0'];
          const sections = elfSections(compileOutside(program(structs), [[...gcc, '{in}', '-o', '{out}']]));
          const dwarf = new Dwarf(sections);
          const names = new NameIndex(dwarf);
          const types = new TypeReader(dwarf, names);
          for (const [s, random] of structs.entries()) {
            const struct = types.read(names.definitions(Tag.structureType, random.tag)[0]!) as StructType;
            for (const [l, leaf] of own(random).entries()) {
              const where = `${leaf.path} in ${random.definition}`;
              const image = sections.get(`image_${s}_${l}`)!;
              expect(struct.size, where).toBe(image.length);
              const { hops, bit, bits } = resolveFieldPath(struct, leaf.path);
              const first = hops[0]! * 8 + bit;
              const set = leaf.kind === 'bool' ? [first] : Array.from({ length: bits }, (_, i) => first + i);
              expect(setBits(image), where).toEqual(set);
            }
          }
        }),
        {
          numRuns: 2,
          endOnFailure: true,
          reporter: ({ failed, seed, errorInstance }) => {
            if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
          },
        },
      );
    });
  },
);
