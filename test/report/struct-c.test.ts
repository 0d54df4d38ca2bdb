// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { fieldsOf } from '../../src/layout/fields.js';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { type TargetName, targetNames, targetOf } from '../../src/layout/targets.js';
import type { StructType } from '../../src/layout/types.js';
import { structC } from '../../src/report/struct-c.js';
import { PRELUDE, randomStructs } from '../layout/random-struct.js';
import { tags, torture } from '../layout/torture.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';

afterAll(closeToolchains);

const layoutsOf = async (text: string, target: TargetName) =>
  recordLayouts(await toolchain(), new Map([['t.c', text]]), 't.c', targetOf(target));

/** All that a layout is, but what it is aligned to. */
const shape = (struct: StructType, littleEndian: boolean) => ({
  size: struct.size,
  fields: fieldsOf(struct, littleEndian).map(({ path, start, end, size, location }) => {
    return { path, start, end, size, location };
  }),
});

/** Each in the scope of a function of its own, where its tags and typedefs hide no other's; renamed to be found. */
function inOneFile(structs: readonly StructType[], target: TargetName): string {
  const functions = structs.map((struct, i) => {
    const text = structC(struct, targetOf(target));
    const renamed = text.replaceAll(`${struct.kind} ${struct.name} `, `${struct.kind} again_${i} `);
    return `void in_${i}(void) {\n${renamed}\n${struct.kind} again_${i} *p; }`;
  });
  return functions.join('\n');
}

async function expectSame(structs: readonly StructType[], target: TargetName): Promise<void> {
  const text = inOneFile(structs, target);
  const again = await layoutsOf(text, target);
  const { littleEndian } = targetOf(target);
  for (const [i, struct] of structs.entries()) {
    const context = () => structC(struct, targetOf(target));
    expect(shape(again.struct(`again_${i}`), littleEndian), context()).toEqual(shape(struct, littleEndian));
  }
}

it.each(targetNames)('compiles to the same layout, structs of every kind, for %s', async (target) => {
  const layouts = await layoutsOf(torture, target);
  const known = new Set(layouts.structNames());
  const structs = tags.filter((tag) => known.has(tag)).map((tag) => layouts.struct(tag));
  expect(structs.length).toBeGreaterThan(tags.length - 2);
  await expectSame(structs, target);
});

it.each<TargetName>(['x86_64', 'i386', 's390x', 'arm'])(
  'compiles to the same layout, random structs, for %s',
  async (target) => {
    await fc.assert(
      fc.asyncProperty(randomStructs(40, true), async (random) => {
        const layouts = await layoutsOf(
          `${PRELUDE}\n${random.map(({ definition }) => definition).join('\n')}`,
          target,
        );
        await expectSame(
          random.map(({ tag }) => layouts.struct(tag)),
          target,
        );
      }),
      {
        numRuns: 2,
        endOnFailure: true,
        reporter: ({ failed, seed, errorInstance }) => {
          if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
        },
      },
    );
  },
);

it('compiles to the same layout, the driver’s own structs', async () => {
  const { tree } = await programAt('p4');
  const target = 'x86_64';
  const path = 'vfio/pci/mlx5/cmd.h';
  const layouts = await recordLayouts(await toolchain(), tree, path, targetOf(target));
  const names = ['vfio_pci_core_device', 'mlx5vf_pci_core_device', 'mlx5_vhca_page_tracker', 'pci_dev'];
  await expectSame(
    names.map((name) => layouts.struct(name)),
    target,
  );
});

it('reads as C does', async () => {
  const layouts = await layoutsOf(torture, 'x86_64');
  expect(structC(layouts.struct('bits_zero'), targetOf('x86_64'))).toBe(`typedef unsigned int u32;

typedef unsigned char u8;

struct bits_zero {
	u32 a:3;
	u32 :0;
	u32 b:5;
	u8 c:2;
	u8 :0;
	u8 d:2;
};
`);
  expect(structC(layouts.struct('packed_plain'), targetOf('x86_64'))).toContain(
    '\tu64 d;\n} __attribute__((packed));\n',
  );
});
