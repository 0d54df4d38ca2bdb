// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { listToolchains } from '../../src/toolchain/find.js';
import type { Optimize, ToolchainName } from '../../src/toolchain/types.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { seed } from '../support/seed.js';
import { onPath } from './compile.js';
import { bytesOfGcc, differences, laidOutAlike, masksOfGcc, runModule } from './gcc-bytes.js';
import { type BitFieldShape, randomBitFields } from './random-bit-fields.js';

afterAll(closeToolchains);

const isX86Linux = process.arch === 'x64' && process.platform === 'linux';
const hasGcc = isX86Linux && onPath('gcc');
const found = (await listToolchains()).filter(({ version }) => version !== null).map(({ name }) => name);

const shape = (tag: string, members: string, ...fields: string[]): BitFieldShape => ({
  tag: `struct ${tag}`,
  definition: `struct ${tag} { ${members} };`,
  fields,
});

const crossing = shape('crossing', 'unsigned a : 6, n : 5, pad : 9, z : 1;', 'a', 'n', 'pad', 'z');
const known = [
  crossing,
  shape('wide', 'u64 a : 1, b : 1, c : 40, d : 1;', 'a', 'b', 'c', 'd'),
  shape('rest', 'u64 a : 1, b : 63;', 'a', 'b'),
  shape('behind', 'u8 lo : 6; u32 hi : 18; u8 next;', 'lo', 'hi'),
  shape('filled', 'u32 a : 24; u8 next;', 'a'),
  // A zero-width bit-field that ends no run begins one.
  shape('begun', 'u8 x; u8 : 0; u32 a : 11, b : 9; u64 next;', 'a', 'b'),
];

/** What a module does to each field: the bytes that it reads to read it, and those that it writes to write it. */
async function accessed(name: ToolchainName, shapes: readonly BitFieldShape[], optimize: Optimize) {
  const { bytes } = await runModule(await toolchain(name), shapes, { bitfieldAccess: 'fine', optimize });
  return Object.fromEntries(
    shapes.flatMap(({ tag, fields }) =>
      fields.map((field) => {
        const read = bytes.get(`${tag} ${field} read`)!.read;
        return [`${tag.slice(7)}.${field}`, `${read} / ${bytes.get(`${tag} ${field} write`)!.written}`];
      }),
    ),
  );
}

const whole = '0 1 2 3 4 5 6 7';
const ofCrossing = {
  'crossing.a': '0 / 0',
  'crossing.n': '0 1 / 0 1',
  'crossing.pad': '0 1 2 3 / 0 1 2 3',
  'crossing.z': '2 / 2',
};

describe.each(found)('%s, fine', (name) => {
  it('takes the bytes of a field, where another one of the run crosses a byte', async () => {
    expect(await accessed(name, known, '2')).toEqual({
      ...ofCrossing,
      'wide.a': '0 / 0',
      'wide.b': '0 / 0',
      'wide.c': `${whole} / ${whole}`,
      'wide.d': '5 / 5',
      'rest.a': '0 / 0',
      'rest.b': `${whole} / ${whole}`,
      // What a plain member stands behind is written in pieces.
      'behind.lo': '0 / 0',
      'behind.hi': '0 1 2 3 / 0 1 2',
      'filled.a': '0 1 2 3 / 0 1 2',
      'begun.a': '0 1 2 3 / 1 2',
      'begun.b': '2 3 / 2 3',
    });
  });

  it.each(['0', '1', 's'] as const)('does so at -O%s', async (optimize) => {
    expect(await accessed(name, [crossing], optimize)).toEqual(ofCrossing);
  });
});

/**
 * Shapes per toolchain. `LOSTBIT_SHAPES=2000 LOSTBIT_SEED=1 npx vitest run test/layout/gcc-accesses.test.ts` is what a change of the
 * rule, of the rewriter or of a toolchain is held against.
 */
const asked = Number(process.env.LOSTBIT_SHAPES ?? 0);
const shapesFor: Readonly<Record<ToolchainName, number>> = { llvm: 30, clang: 80, emcc: 40 };
const BATCH = 200;

describe.skipIf(!hasGcc)('the bytes of bit-fields of all kinds', () => {
  it.each(found)(
    'are gcc’s in the module that %s makes',
    async (name) => {
      const count = asked || shapesFor[name];
      for (let done = 0; done < count; done += BATCH) {
        const size = Math.min(BATCH, count - done);
        const [shapes] = fc.sample(randomBitFields(size), { numRuns: 1, seed: seed + done });
        const ran = await runModule(await toolchain(name), shapes!, {
          bitfieldAccess: 'fine',
          optimize: '2',
        });
        const alike = laidOutAlike(shapes!, ran.masks, masksOfGcc(shapes!));
        // An aligned bit-field next to others is laid out in two ways.
        expect(alike.length).toBeGreaterThan(size * 0.95);
        const wrong = differences(alike, ran, bytesOfGcc(shapes!, 'x86_64'));
        expect(wrong, `with seed ${seed + done}, of ${size}`).toEqual([]);
      }
    },
    asked > 0 ? 3_600_000 : undefined,
  );
});
