// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { spell } from '../../src/layout/spell.js';
import { bare, type Member, type StructType, type Type } from '../../src/layout/types.js';
import { resolveFieldPath } from '../../src/machine/field-path.js';
import { compileOutside, compileWasm, onPath } from './compile.js';

const driver = readFileSync(new URL('fixtures/driver.c', import.meta.url), 'utf8');

/** Compilers that differ in how they encode the same facts. */
const compilers: {
  name: string;
  compile: (() => Promise<Uint8Array> | Uint8Array) | null;
  version: number;
}[] = [
  {
    name: 'npm LLVM, DWARF 4',
    version: 4,
    compile: () => compileWasm({ 'driver.c': driver }, ['-O2', '-gdwarf-4']),
  },
  {
    name: 'npm LLVM, DWARF 5',
    version: 5,
    compile: () => compileWasm({ 'driver.c': driver }, ['-O2', '-gdwarf-5']),
  },
  ...([4, 5] as const).map((version) => ({
    name: `emcc, DWARF ${version}`,
    version,
    compile:
      onPath('emcc') && onPath('wasm-ld-14')
        ? () =>
            compileOutside(driver, [
              ['emcc', '-O2', '-g', `-gdwarf-${version}`, '-x', 'c', '-c', '{in}', '-o', '{out}'],
              ['wasm-ld-14', '--no-entry', '--export-all', '{in}', '-o', '{out}'],
            ])
        : null,
  })),
];

describe.each(compilers)('$name', ({ compile, version }) => {
  describe.skipIf(compile === null)('driver.c', () => {
    let info: DebugInfo;
    let core: StructType;
    let memory: DataView;
    let exports: Record<string, () => number>;

    beforeAll(async () => {
      const bytes = await compile!();
      info = DebugInfo.fromWasm(bytes);
      core = info.struct('core_device');
      const { instance } = await WebAssembly.instantiate(bytes as BufferSource);
      ({ exports } = instance as unknown as { exports: typeof exports });
      memory = new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
    });

    /** A `FACT` of the fixture: what the compiler itself computed, read through its own variable. */
    const fact = (name: string) => memory.getUint32(info.variable(`fact_${name}`).address, true);
    const member = (name: string): Member => core.members.find((candidate) => candidate.name === name)!;
    const offset = (path: string) => resolveFieldPath(core, path).hops;

    it('places what the compiler places', () => {
      expect(core.size).toBe(fact('sizeof_core_device'));
      expect(info.struct('packed').size).toBe(fact('sizeof_packed'));
      expect(member('own').offset).toBe(fact('own'));
      expect(offset('own.dev.power.usage_count')).toEqual([fact('usage_count')]);
      expect(offset('rbar[2]')).toEqual([fact('rbar2')]);
      expect(offset('grid[1][2]')).toEqual([fact('grid12')]);
      expect(offset('trigger')).toEqual([fact('trigger')]);
      expect(offset('high')).toEqual([fact('high')]);
      expect(offset('both.b')).toEqual([fact('both_b')]);
      expect(offset('probe')).toEqual([fact('probe')]);
      expect(offset('stamp')).toEqual([fact('stamp')]);
      expect(offset('tail[3]')).toEqual([fact('tail3')]);
      expect(resolveFieldPath(info.struct('packed'), 'after').hops).toEqual([fact('after')]);
    });

    it('loads a pointer between two hops', () => {
      expect(offset('pdev.dev.power.usage_count')).toEqual([0, fact('pdev_usage_count')]);
      expect(offset('pdev.refs')).toEqual([0, fact('pdev_refs')]);
      expect(offset('slots[1].masked')).toEqual([member('slots').offset + 4, fact('slot_masked')]);
      expect(offset('entries[3].masked')).toEqual([member('entries').offset, 3 * 2 + fact('slot_masked')]);
      expect(offset('list.next.prev.next')).toEqual([member('list').offset, 4, 0]);
    });

    it('finds variables where the code has them', () => {
      expect(info.variable('hidden').address).toBe(exports.hidden_address!());
      expect(info.variable('packed_one').address).toBe(exports.packed_address!());
      expect(info.variable('the_device').address).toBe(exports.last_address!());
      expect(spell(info.variable('the_device').type)).toBe('struct core_device');
      expect(memory.getUint32(info.variable('hidden').address, true)).toBe(7);
      expect(memory.getUint32(info.variable('state').address, true)).toBe(3);
      expect(info.variable('inside').address % 4).toBe(0);
    });

    it('reads enums, with negative and 64-bit values', () => {
      expect([...info.enumeration('power_state')]).toEqual([
        ['POWER_ON', 0],
        ['POWER_OFF', 3],
        ['POWER_ERROR', -1],
      ]);
      expect(info.variable('state').type).toMatchObject({ kind: 'enum', size: 4, signed: true });
      expect(bare(info.variable('wide_value').type)).toMatchObject({
        kind: 'enum',
        size: 8,
        signed: false,
        values: [
          { name: 'WIDE_LOW', value: 1n },
          { name: 'WIDE_HIGH', value: 0xffff_ffff_ffff_ffffn },
        ],
      });
    });

    it('describes bit-fields by their bits and by their declared unit', () => {
      const flags = member('has_vga').offset;
      const unit = { offset: flags, size: 1 };
      expect(member('virq_disabled')).toMatchObject({ offset: flags, bit: 1, bits: 1, storage: unit });
      expect(member('needs_reset')).toMatchObject({ offset: flags, bit: 6, bits: 1, storage: unit });
      expect(member('wide_flag')).toMatchObject({ offset: flags + 1, bit: 0, bits: 7 });
      expect(info.struct('packed').members.slice(0, 4)).toMatchObject([
        { offset: 0, bit: 0, bits: 3, storage: { offset: 0, size: 1 } },
        { offset: 0, bit: 3, bits: 17, storage: { offset: 0, size: 4 } },
        { offset: 2, bit: 4, bits: 40, storage: { offset: 0, size: 8 } },
        { offset: 7, bit: 4, bits: 62, storage: null },
      ]);
      expect(resolveFieldPath(core, 'own.dev.power.runtime')).toMatchObject({ bits: 5, signed: true });
      expect(resolveFieldPath(core, 'own.dev.power.depth')).toMatchObject({ bit: 5, bits: 3, signed: false });
    });

    it('spells declarations as C does', () => {
      const declared = Object.fromEntries(
        core.members.map(({ name, type }) => [name, spell(type, name ?? '')]),
      );
      expect(declared).toMatchObject({
        pdev: 'struct pci_dev *pdev',
        bar_mmap_supported: 'bool bar_mmap_supported[6]',
        grid: 'u16 grid[2][3]',
        trigger: 'struct eventfd_ctx *trigger',
        slots: 'struct irq_ctx *slots[2]',
        null: 'union {…}',
        both: 'union named both',
        probe: 'int (*probe)(struct core_device *, const u32 *, ...)',
        cookie: 'void *volatile cookie',
        // DWARF 4 has no tag for _Atomic; compilers leave it out.
        ticks: version === 5 ? '_Atomic int ticks' : 'int ticks',
        items: 'struct {…} items[0]',
        tail: 'u32 tail[]',
      });
    });

    it('keeps a type that is only declared, as incomplete', () => {
      const trigger = bare(member('trigger').type);
      const target = trigger.kind === 'pointer' ? trigger.target : null;
      expect(target).toMatchObject({
        kind: 'struct',
        name: 'eventfd_ctx',
        complete: false,
        size: 0,
        members: [],
      });
    });

    it('lists the structs and unions, and offers the nearest for an unknown one', () => {
      expect(info.structNames()).toEqual(
        expect.arrayContaining(['core_device', 'pci_dev', 'device', 'irq_ctx', 'named', 'packed']),
      );
      expect(info.structNames()).not.toContain('eventfd_ctx');
      expect(() => info.struct('pci_dv')).toThrow(
        expect.objectContaining({
          code: 'E_UNKNOWN_TYPE',
          advice: { hint: expect.stringContaining("'pci_dev'") },
        }),
      );
      expect(() => info.struct('eventfd_ctx')).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_TYPE' }));
      expect(() => info.enumeration('power_stat')).toThrow(
        expect.objectContaining({ advice: { hint: expect.stringContaining("'power_state'") } }),
      );
      expect(() => info.variable('hiddn')).toThrow(
        expect.objectContaining({
          code: 'E_UNKNOWN_VARIABLE',
          advice: { hint: expect.stringContaining("'hidden'") },
        }),
      );
    });
  });
});

describe.each(['-gdwarf-4', '-gdwarf-5'])('several source files, %s', (dwarf) => {
  let info: DebugInfo;
  beforeAll(async () => {
    const bytes = await compileWasm(
      {
        'core.c': `struct late; struct holder { struct late *late; }; struct holder holder;
                   static int latch = 1; int *core_latch(void) { latch++; return &latch; }
                   struct same { int a; }; struct differs { int a, b; };
                   struct same same_core; struct differs differs_core;
                   static int dropped; static int *unused(void) { dropped++; return &dropped; }`,
        'pci.c': `struct late { int first, second; }; struct late late;
                  static int latch = 2; int *pci_latch(void) { latch++; return &latch; }
                  struct same { int a; }; struct differs { int b, a; };
                  struct same same_pci; struct differs differs_pci;`,
      },
      ['-O1', dwarf],
    );
    info = DebugInfo.fromWasm(bytes);
  });

  it('completes a declaration by the definition in another file', () => {
    expect(resolveFieldPath(info.struct('holder'), 'late.second').hops).toEqual([0, 4]);
  });

  it('asks which of two statics, or of two layouts, is meant', () => {
    expect(() => info.variable('latch')).toThrow(
      expect.objectContaining({
        code: 'E_AMBIGUOUS_VARIABLE',
        message: expect.stringMatching(/core\.c and .*pci\.c/),
      }),
    );
    expect(info.variable('latch', 'core.c').address).not.toBe(info.variable('latch', 'pci.c').address);
    expect(() => info.struct('differs')).toThrow(expect.objectContaining({ code: 'E_AMBIGUOUS_TYPE' }));
    expect(resolveFieldPath(info.struct('differs', 'core.c'), 'a').hops).toEqual([0]);
    expect(resolveFieldPath(info.struct('differs', 'pci.c'), 'a').hops).toEqual([4]);
    expect(info.struct('same').size).toBe(4);
  });

  it('has no address for a variable that was dropped', () => {
    expect(() => info.variable('dropped')).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_VARIABLE' }));
  });
});

it('refuses a module without debug information', async () => {
  const bytes = await compileWasm({ 'a.c': 'int x;' }, ['-O1']);
  expect(() => DebugInfo.fromWasm(bytes)).toThrow(expect.objectContaining({ code: 'E_NO_DEBUG_INFO' }));
});

it('resolves a cyclic struct without end', async () => {
  const info = DebugInfo.fromWasm(
    await compileWasm({ 'a.c': 'struct node { struct node *next; int v; }; struct node n;' }, ['-g']),
  );
  let type: Type = info.struct('node');
  for (let i = 0; i < 100; i++) {
    const next: Type = (type as StructType).members[0]!.type;
    type = bare(next.kind === 'pointer' ? next.target : next);
  }
  expect(type).toBe(info.struct('node'));
});
