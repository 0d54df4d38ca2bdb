// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CodeMap } from '../../src/layout/code-map.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { buildModule } from '../../src/toolchain/build.js';
import { listToolchains, openToolchain } from '../../src/toolchain/find.js';
import type { FileTree, Toolchain } from '../../src/toolchain/types.js';
import { instanceDataOf } from '../../src/wasm/instance-data.js';
import { dataSegments } from '../../src/wasm/linking.js';
import { sectionsOf } from '../../src/wasm/sections.js';
import { changed, FINE, sharedCache } from './fixture.js';

sharedCache();

/** A unit whose variables each machine has, and one whose they share. */
const TREE: FileTree = new Map([
  [
    'own.c',
    `
typedef unsigned u32;
extern u32 common[];
extern unsigned char __heap_base[];
u32 initialised = 5;
u32 zeroed[1000];
_Alignas(256) u32 aligned = 1;
u32 *to_own = &zeroed[7];
u32 *to_shared = &common[1];
u32 *const constant[] = { &initialised, zeroed };
const u32 numbers[] = { 11, 22, 33 };
const u32 *volatile to_numbers = numbers;
static u32 add(u32 x) { return x + 1; }
static u32 twice(u32 x) { return x + x; }
u32 (*const functions[])(u32) = { add, twice };
static _Thread_local u32 thread = 4;
__attribute__((section("__listed"), used)) static u32 listed = 6;
__attribute__((section(".init.data"))) static u32 early = 7;
__attribute__((export_name("use"))) u32 use(u32 i)
{
	*to_own += *to_shared + (*constant[i])++;
	zeroed[i] += aligned++ + to_numbers[i] + numbers[i] + functions[i](i) + thread++ + listed++ + early++;
	return zeroed[i] + (u32)__heap_base;
}
`,
  ],
  [
    'shared.c',
    `
typedef unsigned u32;
extern u32 initialised;
extern u32 __start___listed[], __stop___listed[];
u32 common[1 << 16] = { 0 };
__attribute__((section("instance_data"))) u32 by_name = 3;
__attribute__((export_name("other"))) u32 other(void)
{
	return ++initialised + common[0] + by_name++ + (u32)(__stop___listed - __start___listed);
}
`,
  ],
]);

for (const { name, version, problem } of await listToolchains()) {
  const title = version === null ? `${name} (skipped: ${problem?.split('\n')[0]})` : name;
  describe.skipIf(version === null)(title, () => {
    let toolchain: Toolchain;
    let bytes: Uint8Array<ArrayBuffer>;
    beforeAll(async () => {
      toolchain = await openToolchain(name);
      bytes = await build();
    });
    afterAll(() => toolchain?.close());

    const build = async (tree: FileTree = TREE) => {
      const program = { tree, units: [...tree.keys()], own: ['own.c'], modules: {} };
      return (await buildModule(program, toolchain, FINE)).bytes;
    };
    const isInside = (variable: string) => {
      const { start, end } = instanceDataOf(bytes);
      const { address } = DebugInfo.fromWasm(bytes).variable(variable);
      return start <= address && address < end;
    };

    test('each machine has the variables, and the constants that point to data', () => {
      const mine = ['initialised', 'zeroed', 'aligned', 'to_own', 'to_shared', 'constant', 'to_numbers'];
      for (const variable of [...mine, 'early', 'by_name'])
        expect([variable, isInside(variable)]).toEqual([variable, true]);
    });

    test('machines share other constants, tables of functions, and what C asks the bounds of', () => {
      for (const variable of ['common', 'numbers', 'functions', 'listed'])
        expect([variable, isInside(variable)]).toEqual([variable, false]);
    });

    test('says where it lies, what points inside, and which instructions have addresses', () => {
      const debugInfo = DebugInfo.fromWasm(bytes);
      const { start, end, align, pointers, instructions } = instanceDataOf(bytes);
      expect(align).toBe(256);
      expect(start % align).toBe(0);
      expect(end - start).toBeGreaterThan(4000);
      const at = (variable: string) => debugInfo.variable(variable).address;
      expect(pointers).toEqual([at('to_own'), at('constant'), at('constant') + 4].sort((a, b) => a - b));
      const frames = instructions.map((offset) => CodeMap.fromWasm(bytes).frames(offset).at(-1)?.function);
      expect(new Set(frames)).toEqual(new Set(['use', 'other']));
    });

    test('has neither relocations nor zeroes in it', () => {
      const names = sectionsOf(bytes).map((section) => section.name);
      expect(names.filter((one) => one === 'linking' || one.startsWith('reloc.'))).toEqual([]);
      const sizes = dataSegments(bytes).map(({ start, end }) => end - start);
      expect(Math.max(...sizes)).toBeLessThan(10_000);
    });

    test('refuses shared data that point to what each machine has, naming both and their files', async () => {
      const wrong =
        '\nu32 *const stray = &initialised;\n__attribute__((export_name("get"))) u32 *get(void) { return *(u32 *volatile *)&stray; }\n';
      const tree = changed(TREE, { 'shared.c': TREE.get('shared.c')! + wrong });
      const refused = build(tree);
      await expect(refused).rejects.toMatchObject({
        code: 'E_LINK',
        message: expect.stringMatching(/^'stray' of shared\.c: .* points to 'initialised' of own\.c/),
      });
    });

    test('a module without such data says nothing of them', async () => {
      const tree = changed(TREE, {
        'shared.c': TREE.get('shared.c')!.replace(/__attribute__\(\(section.*/, 'u32 by_name;'),
      });
      const plain = await buildModule(tree, toolchain, FINE);
      expect(instanceDataOf(plain.bytes)).toMatchObject({ start: 0, end: 0, pointers: [], instructions: [] });
      expect(sectionsOf(plain.bytes).map((section) => section.name)).not.toContain('lostbit.instance_data');
    });
  });
}
