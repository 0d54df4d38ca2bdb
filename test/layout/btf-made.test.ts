// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Elf } from '../../src/layout/elf/elf.js';
import { type LayoutSource, openLayouts } from '../../src/layout/open-layouts.js';
import { spell } from '../../src/layout/spell.js';
import { bare, type StructType, type Type } from '../../src/layout/types.js';
import { compileOutside, onPath, reportSeed } from './compile.js';
import { buildElf } from './elf-builder.js';
import { imagesProgram } from './images.js';
import { randomStructs } from './random-struct.js';

const clang = ['clang-22', 'clang-21', 'clang-20', 'clang-19', 'clang'].find(onPath);
const gcc = onPath('gcc') && process.arch === 'x64' && process.platform === 'linux';
const pahole = onPath('pahole');
const RUNNING = '/sys/kernel/btf/vmlinux';

/**
 * All that a struct's layout is, nested structs included; types behind pointers by their spelling. Of an array
 * of arrays, as of a plain one, the number of elements: pahole's BTF has no more.
 */
function layout(type: Type): unknown {
  let inner = bare(type);
  if (inner.kind === 'array') {
    let count = 1;
    for (; inner.kind === 'array'; inner = bare(inner.element)) count *= inner.count ?? 0;
    return [count, layout(inner)];
  }
  if (inner.kind !== 'struct' && inner.kind !== 'union') return spell(type);
  const members = inner.members.map(({ name, type, offset, bit, bits, storage }) => [
    name,
    layout(type),
    offset,
    bit,
    bits,
    storage,
  ]);
  return [inner.kind, inner.name, inner.size, members];
}

/** Makes an object with DWARF of random structs, and BTF of it, and compares what is read of both. */
async function check(compile: readonly string[], btfOf: (text: string, object: Uint8Array) => Uint8Array) {
  await fc.assert(
    fc.asyncProperty(randomStructs(40, true), async (structs) => {
      const text = imagesProgram(structs);
      const object = compileOutside(text, [compile]);
      const dwarf = await openLayouts(object);
      const btf = await openLayouts(btfOf(text, object));
      expect([dwarf.kind, btf.kind, btf.lacksBase]).toEqual(['dwarf', 'btf', false]);
      expect({ ...dwarf.target, name: btf.target.name }).toEqual(btf.target);
      for (let i = 0; i < structs.length; i++)
        expect(layout(btf.struct(`s${i}`)), structs[i]!.definition).toEqual(layout(dwarf.struct(`s${i}`)));
    }),
    { numRuns: 1, endOnFailure: true, reporter: reportSeed },
  );
}

describe.skipIf(!gcc || !pahole)('BTF by pahole of an object by gcc', () => {
  const compile = ['gcc', '-x', 'c', '-w', '-g', '-c', '{in}', '-o', '{out}'];
  const detached = ['pahole', '--btf_encode_detached={out}', '{in}'];

  it('has the layouts of its DWARF, in a section', async () => {
    const encode = 'cp {in} {out} && pahole -J {out} && objcopy -R ".debug_*" -R ".rela.debug_*" {out}';
    await check(compile, (text) => compileOutside(text, [compile, ['sh', '-c', encode]]));
  });

  it('has the layouts of its DWARF, in a file of its own', async () => {
    await check(compile, (text) => compileOutside(text, [compile, detached]));
  });

  describe('split', () => {
    let base: Uint8Array;
    let alone: LayoutSource;
    let completed: LayoutSource;
    const prelude = `typedef unsigned char u8; typedef unsigned long u64; typedef _Bool bool;
      struct list { struct list *next, *prev; }; struct lock { int owner; struct list waiters; u8 kind; };
      struct pci { struct list all; u64 bar[6]; bool enabled : 1, busy : 1; int (*probe)(struct pci *); };`;
    beforeAll(async () => {
      const kernel = `${prelude} struct pci pci; struct lock lock; u8 enabled(struct pci *p) { return p->enabled; }`;
      const module = `${prelude}
        struct device { struct pci *pci; struct lock lock; bool ready[3], done; bool x : 1, y : 1; int n, m;
          struct { int depth; struct list queue; } q; };
        struct ops { int (*open)(struct device *, const char *); void (*close)(struct device *); };
        int device_open(struct device *d, const char *name) { return d->n + d->q.depth + *name; }
        void device_close(struct device *d) { d->n = 0; }
        u64 device_bar(struct device *d, int i) { return d->pci->bar[i]; }
        const struct ops ops = { device_open, device_close };`;
      base = compileOutside(kernel, [compile, detached]);
      const both = compileOutside(`${kernel}\n//MODULE\n${module}`, [
        [
          'sh',
          '-c',
          `mkdir {out} && sed '/^.*MODULE/,$d' {in} >{out}/k.c && sed '1,/^.*MODULE/d' {in} >{out}/m.c`,
        ],
        [
          'sh',
          '-c',
          'cd {in} && gcc -w -g -c k.c && gcc -w -g -c m.c && pahole --btf_encode_detached=k.btf k.o && pahole -J --btf_base=k.btf m.o && objcopy -R ".debug_*" -R ".rela.debug_*" m.o {out}',
        ],
      ]);
      alone = await openLayouts(both);
      completed = await openLayouts(both, { base });
    });

    it('is the same as its DWARF with its base', () => {
      expect(completed).toMatchObject({ kind: 'btf', lacksBase: false });
      const device = completed.struct('device');
      expect(device.size).toBe(80);
      expect(device.members.map(({ name, offset, bit }) => [name, offset, bit])).toEqual([
        ['pci', 0, null],
        ['lock', 8, null],
        ['ready', 40, null],
        ['done', 43, null],
        ['x', 44, 0],
        ['y', 44, 1],
        ['n', 48, null],
        ['m', 52, null],
        ['q', 56, null],
      ]);
      expect(completed.struct('pci').members.map(({ name }) => name)).toContain('busy');
    });

    it('has the same places without its base', () => {
      expect(alone.lacksBase).toBe(true);
      expect(alone.structNames()).not.toContain('pci');
      for (const name of alone.structNames()) {
        const [a, b] = [alone.struct(name), completed.struct(name)];
        const places = ({ size, members }: StructType) => [
          size,
          members.map(({ offset, bit, bits }) => [offset, bit, bits]),
        ];
        expect(places(a), name).toEqual(places(b));
        for (const [i, { type }] of a.members.entries())
          if (type.kind === 'unknown' && type.sized) expect(type.size, name).toBe(b.members[i]!.type.size);
      }
      const n = alone.struct('device').members.find(({ offset }) => offset === 48);
      expect(n!.type).toMatchObject({ kind: 'unknown', sized: true, size: 4 });
    });
  });
});

describe.skipIf(clang === undefined).each(['bpfel', 'bpfeb'])('BTF by clang for %s', (target) => {
  it('has the layouts of its DWARF', async () => {
    const compile = [clang!, '-x', 'c', '-w', '-g', '-O1', `--target=${target}`, '-c', '{in}', '-o', '{out}'];
    await check(compile, (_, object) => {
      const elf = new Elf(object);
      const { littleEndian, machine } = elf;
      return buildElf([{ name: '.BTF', bytes: elf.content(elf.section('.BTF')!) }], {
        littleEndian,
        machine,
      });
    });
  });
});

describe.skipIf(!existsSync(RUNNING))("the running kernel's BTF", () => {
  it('is read whole', async () => {
    const source = await openLayouts(RUNNING);
    expect(source).toMatchObject({ kind: 'btf', lacksBase: false });
    const names = source.structNames();
    expect(names.length).toBeGreaterThan(1000);
    const { pointerSize } = source.target;
    expect(source.struct('list_head')).toMatchObject({
      size: 2 * pointerSize,
      members: [{ offset: 0 }, { offset: pointerSize }],
    });
    const refusals = names.flatMap((name) => {
      try {
        const { size, members } = source.struct(name);
        return members.every(({ offset, type, bits }) => offset + (bits === null ? type.size : 1) <= size)
          ? []
          : [`${name} overflows`];
      } catch (error) {
        const { code } = error as { code?: string };
        return code === 'E_AMBIGUOUS_TYPE' ? [] : [`${name}: ${error}`];
      }
    });
    expect(refusals).toEqual([]);
  });
});
