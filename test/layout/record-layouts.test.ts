// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, it, test } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { fieldsOf } from '../../src/layout/fields.js';
import type { LayoutSource } from '../../src/layout/open-layouts.js';
import { definitionsIn, recordLayout, recordLayouts } from '../../src/layout/record-layouts.js';
import { type TargetName, targetNames, targetOf } from '../../src/layout/targets.js';
import type { StructType } from '../../src/layout/types.js';
import { paholeText } from '../../src/report/pahole.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';
import { compileWasm, onPath } from './compile.js';
import { compileHere, tags, torture } from './torture.js';

afterAll(closeToolchains);

const layoutsOf = async (target: TargetName, text = torture): Promise<LayoutSource> =>
  recordLayouts(await toolchain(), new Map([['torture.c', text]]), 'torture.c', targetOf(target));

/** Machines of 32 bits have no __int128. */
const isOn = (name: TargetName) => (tag: string) =>
  tag !== 'wide_scalars' || targetOf(name).pointerSize === 8;

/** Where each field is, whatever its type is called. */
const places = (struct: StructType, littleEndian = true) => ({
  size: struct.size,
  fields: fieldsOf(struct, littleEndian).map(({ path, start, end, size }) => ({ path, start, end, size })),
});

describe('structs of every kind', () => {
  it('are those of the module, for wasm32', async () => {
    const info = DebugInfo.fromWasm(await compileWasm({ 'torture.c': torture }, ['-g', '-w']));
    const layouts = await layoutsOf('wasm32');
    const options = { target: targetOf('wasm32') };
    for (const tag of tags.filter(isOn('wasm32')))
      expect(paholeText(layouts.struct(tag), options)).toBe(paholeText(info.struct(tag), options));
  });

  const here = process.arch === 'x64' && process.platform === 'linux';
  it.skipIf(!here || !onPath('gcc'))('are where gcc has them, for x86_64', async () => {
    const layouts = await layoutsOf('x86_64');
    const compiled = compileHere('gcc', []);
    for (const tag of tags) expect(places(layouts.struct(tag)), tag).toEqual(places(compiled.struct(tag)));
    compiled.close();
  });

  const cross = targetNames.filter((name) => name !== 'wasm32');
  it.skipIf(!onPath('clang-22')).each(cross)(
    'are those of a cross compiler’s object, for %s',
    async (name) => {
      const target = targetOf(name);
      const layouts = await layoutsOf(name);
      const compiled = compileHere('clang-22', [`--target=${target.triple}`, '-ffreestanding']);
      for (const tag of tags.filter(isOn(name)))
        expect(paholeText(layouts.struct(tag), { target })).toBe(
          paholeText(compiled.struct(tag), { target }),
        );
      compiled.close();
    },
  );
});

test.each([
  'struct port { int a; };',
  'struct __packed port {\n\tint a;\n};',
  'typedef struct port { int a; } port_t;',
  'static struct port { int a; } port;',
  'static const volatile struct port { int a; } port = { 1 };',
  '__machine struct port { int a; } port;',
])('%j defines its struct', (text) => {
  expect([...definitionsIn(new Map([['port.c', `\n${text}\n`]]))]).toEqual([['port', 'port.c']]);
});

test.each(['struct port;', 'static struct port port;', 'extern struct port *find(void)\n{\n}'])(
  '%j defines none',
  (text) => {
    expect([...definitionsIn(new Map([['port.c', `\n${text}\n`]]))]).toEqual([]);
  },
);

describe('the driver on x86_64', () => {
  const place = (struct: StructType) =>
    new Map(
      fieldsOf(struct).map(({ path, offset, bit }) => [
        path,
        bit === null ? `${offset}` : `${offset}:${bit}`,
      ]),
    );
  const read = async (stage: string, name: string) => {
    const { tree } = await programAt(stage);
    return recordLayout(await toolchain(), tree, name, targetOf('x86_64'));
  };
  /** The names of the flags that a byte holds, from bit 0 on. */
  const flagsIn = (struct: StructType, byte: number) =>
    fieldsOf(struct)
      .filter(({ offset, bit }) => offset === byte && bit !== null)
      .map(({ path }) => path);

  it.each([
    {
      stage: 'base',
      size: 1464,
      saved: '1256',
      second: ['nointx', 'needs_pm_restore', 'pm_intx_masked', 'pm_runtime_engaged'],
    },
    {
      stage: 'p1',
      size: 1464,
      saved: '1256',
      second: ['nointx', 'needs_pm_restore', 'pm_intx_masked', 'pm_runtime_engaged', 'disable_idle_d3'],
    },
  ])('has the core struct’s flags in two bytes at $stage', async ({ stage, size, saved, second }) => {
    const struct = await read(stage, 'vfio_pci_core_device');
    expect(struct.size).toBe(size);
    expect(flagsIn(struct, 1252)).toEqual([
      'has_dyn_msix',
      'pci_2_3',
      'virq_disabled',
      'reset_works',
      'extended_caps',
      'bardirty',
      'has_vga',
      'needs_reset',
    ]);
    expect(flagsIn(struct, 1253)).toEqual(second);
    expect(place(struct).get('sriov_active')).toBe('1254');
    expect(place(struct).get('pci_saved_state')).toBe(saved);
    // One memory location, which a compiler may write whole.
    const field = fieldsOf(struct).find(({ path }) => path === 'pm_intx_masked');
    expect(field?.location).toEqual({ offset: 1252, size: 2 });
  });

  it.each([
    { stage: 'p3', second: [], from: 1253 },
    { stage: 'p5', second: ['nointxmask', 'disable_vga'], from: 1254 },
  ])(
    'has what changes at run time apart at $stage, in the hole and behind',
    async ({ stage, second, from }) => {
      const struct = await read(stage, 'vfio_pci_core_device');
      const places = place(struct);
      const at = (...paths: string[]) => paths.map((path) => places.get(path));
      // It fills the hole between six bytes and a pointer, and grows all the same: by the flags that had shared a byte.
      expect(struct.size).toBe(1464 + 8);
      expect(at('bar_mmap_supported', 'virq_disabled', 'bardirty', 'pci_config_map')).toEqual([
        '1112',
        '1118',
        '1119',
        '1120',
      ]);
      expect(flagsIn(struct, 1252)).toEqual([
        'has_dyn_msix',
        'pci_2_3',
        'reset_works',
        'extended_caps',
        'has_vga',
        'nointx',
        'needs_pm_restore',
        'disable_idle_d3',
      ]);
      expect(flagsIn(struct, 1253)).toEqual(second);
      expect(at('needs_reset', 'pm_intx_masked', 'pm_runtime_engaged', 'sriov_active')).toEqual(
        [0, 1, 2, 3].map((i) => `${from + i}`),
      );
      expect(places.get('pci_saved_state')).toBe('1264');
    },
  );

  it('has the variant driver’s flags in one byte at base, and four apart at p4', async () => {
    const base = await read('base', 'mlx5vf_pci_core_device');
    const places = place(base);
    const after = (struct: StructType, core: number) =>
      new Map(
        fieldsOf(struct).map(({ path, offset, bit }) => [
          path,
          `${offset - core}${bit === null ? '' : `:${bit}`}`,
        ]),
      );
    expect(base.size).toBe(1960);
    expect(places.get('vf_id')).toBe('1464');
    const flags = ['migrate_cap', 'deferred_reset', 'mdev_detach', 'log_active', 'chunk_mode'];
    expect(flags.map((path) => after(base, 1464).get(path))).toEqual(['6:0', '6:1', '6:2', '6:3', '6:4']);
    expect(after(base, 1464).get('tracker_comp')).toBe('8');

    const p4 = await read('p4', 'mlx5vf_pci_core_device');
    const apart = after(p4, 1472);
    const all = ['migrate_cap', 'chunk_mode', 'mdev_detach', 'log_active', 'deferred_reset', 'tracker_comp'];
    expect(all.map((path) => apart.get(path))).toEqual(['6:0', '6:1', '7', '8', '9', '16']);
    expect(p4.size).toBe(1968);
  });

  it('has the tracker eight bytes smaller at p4', async () => {
    const wanted = ['is_err', 'object_changed', 'status', 'uar', 'cq', 'host_qp', 'fw_qp', 'nb'];
    const base = await read('base', 'mlx5_vhca_page_tracker');
    const p4 = await read('p4', 'mlx5_vhca_page_tracker');
    expect([base.size, p4.size]).toEqual([360, 352]);
    expect(wanted.map((path) => place(base).get(path))).toEqual([
      '8:0',
      '8:1',
      '352',
      '16',
      '24',
      '304',
      '312',
      '320',
    ]);
    expect(wanted.map((path) => place(p4).get(path))).toEqual([
      '8',
      '9',
      '12',
      '16',
      '24',
      '304',
      '312',
      '320',
    ]);
  });

  it('finds a struct that a typedef defines', async () => {
    expect((await read('base', 'spinlock')).size).toBe(4);
  });

  it('offers the nearest name for one that is not there', async () => {
    await expect(read('base', 'vfio_pci_core_devices')).rejects.toMatchObject({
      code: 'E_UNKNOWN_TYPE',
      advice: { hint: expect.stringContaining("'vfio_pci_core_device'") },
    });
  });
});

describe('what debug information keeps to itself', () => {
  it('is where zero-width bit-fields stand', async () => {
    const text = `struct s {
  unsigned a : 3; int : 0; unsigned b : 4; unsigned : 0; unsigned : 2; unsigned c : 1; unsigned d : 2;
  struct { unsigned e : 1; unsigned : 31; unsigned f : 2; char : 0; unsigned g : 1; };
};
`;
    const { members } = (await layoutsOf('x86_64', text)).struct('s');
    const placesOf = (all: StructType['members']) =>
      all.map(({ name, afterZeroWidth }) => [name, afterZeroWidth]);
    expect(placesOf(members.slice(0, 4))).toEqual([
      ['a', false],
      ['b', true],
      ['c', true],
      ['d', false],
    ]);
    expect(placesOf((members[4]!.type as StructType).members)).toEqual([
      ['e', false],
      ['f', false],
      ['g', true],
    ]);
  });

  it('has no struct that is only declared', async () => {
    const source = await layoutsOf('x86_64', 'struct known { int a; }; struct unknown *p;');
    expect(source.structNames()).toEqual(['known']);
    expect(() => source.struct('unknown')).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_TYPE' }));
  });

  it('is the compiler’s own words where C is wrong', async () => {
    const wrong = layoutsOf('s390x', 'struct ok { int a; };\nstruct wrong { undeclared_t a; };');
    await expect(wrong).rejects.toMatchObject({
      code: 'E_COMPILE',
      message: expect.stringMatching(/torture\.c:2:\d+: error: unknown type name 'undeclared_t'/),
    });
    await expect(wrong).rejects.not.toMatchObject({ message: expect.stringContaining('Dumping') });
  });
});

describe('big endian', () => {
  it('has each bit-field in the bits that the compiler’s code sets', async () => {
    const fields = ['a : 1', 'b : 3', 'c : 5', 'd : 11', 'e : 12', 'f : 33'];
    const members = fields.map((field) => `unsigned long ${field};`).join(' ');
    const names = fields.map(([name]) => name!);
    // The initialiser of a global is what would lie in memory.
    const images = names.map((name) => `const struct s image_${name} = { .${name} = -1 };`);
    const text = `struct s { ${members} unsigned char z; };\n${images.join('\n')}\n`;
    const target = targetOf('s390x');
    const source = new Map([['t.c', text]]);
    const struct = (await recordLayouts(await toolchain(), source, 't.c', target)).struct('s');
    const flags = [`--target=${target.triple}`, '-Xclang', '-disable-llvm-passes'];
    const { bytes } = await (await toolchain()).lower('t.c', source, flags);
    const ir = Buffer.from(bytes).toString();
    for (const field of fieldsOf(struct, false).filter(({ bits }) => bits !== null)) {
      const set = bitsOfImage(ir, `image_${field.path}`);
      const expected = Array.from({ length: field.end - field.start }, (_, i) => field.start + i);
      expect(set, field.path).toEqual(expected);
      // The least significant bit is the last in memory.
      expect(field.offset * 8 + 7 - field.bit!).toBe(field.end - 1);
    }
  });
});

/** The set bits of a constant in LLVM's IR, in the order of memory on big endian. */
function bitsOfImage(ir: string, name: string): number[] {
  const initializer =
    new RegExp(`^@${name} = .* constant (?:<?\\{.*?\\}>?|%\\S+) <?\\{(.*)\\}>?`, 'm').exec(ir)?.[1] ?? '';
  const bytes = initializer.split(', ').flatMap((part) => {
    const [type = '', value = ''] = part.trim().split(/ (?=\S+$)/);
    const array = /^\[(\d+) x i8\]$/.exec(type);
    if (array !== null) return new Array<number>(Number(array[1])).fill(0);
    const width = Number(type.slice(1));
    const bits = BigInt.asUintN(width, BigInt(value));
    return Array.from({ length: width / 8 }, (_, i) => Number((bits >> BigInt(width - 8 - 8 * i)) & 0xffn));
  });
  return bytes.flatMap((byte, i) =>
    [7, 6, 5, 4, 3, 2, 1, 0].flatMap((bit) => ((byte >> bit) & 1 ? [i * 8 + 7 - bit] : [])),
  );
}
