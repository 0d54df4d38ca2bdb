// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { BtfBlob } from '../../src/layout/btf/blob.js';
import { Kind } from '../../src/layout/btf/constants.js';
import { solveBase } from '../../src/layout/btf/solve-base.js';
import { BtfInfo } from '../../src/layout/btf.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import type { StructType } from '../../src/layout/types.js';
import { BtfBuilder } from './btf-builder.js';
import { sampleKernel, sampleModule } from './btf-samples.js';
import { buildElf } from './elf-builder.js';

const names = ({ members }: StructType) => members.map(({ name }) => name);
const places = ({ members }: StructType) => members.map(({ offset, bit, bits }) => [offset, bit, bits]);
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('split BTF', () => {
  const kernel = sampleKernel();
  const { btf: base } = kernel;
  const split = sampleModule(kernel);
  const whole = new BtfInfo(base.bytes());

  it('is completed by its base', () => {
    const info = new BtfInfo(split.bytes(), whole);
    expect(info.lacksBase).toBe(false);
    expect(info.structNames()).toEqual(['region', 'device', 'lock']);
    const device = info.struct('device');
    expect(names(device).slice(0, 3)).toEqual(['lock', 'first', 'second']);
    expect(device.members[0]!.type).toEqual(info.struct('lock'));
    expect(device.members[5]).toMatchObject({
      offset: 27,
      bit: 0,
      bits: 1,
      storage: { offset: 27, size: 1 },
    });
  });

  it('gives away where its base ends', () => {
    expect(solveBase(new BtfBlob(split.bytes()))).toEqual(base.extent);
  });

  it('has the same places without its base, and the names that are its own', () => {
    const info = new BtfInfo(split.bytes());
    expect(info.lacksBase).toBe(true);
    expect(info.structNames()).toEqual(['region', 'device']);
    const device = info.struct('device');
    const known = new BtfInfo(split.bytes(), whole).struct('device');
    expect(places(device)).toEqual(places(known));
    // 'lock' and 'owner' are names that the base has too, and the module does not repeat.
    expect(names(device)).toEqual([`?${base.find('lock')!.toString(16)}`, ...names(known).slice(1)]);
    expect(names(info.struct('region'))).toEqual(['start', `?${base.find('owner')!.toString(16)}`]);
  });

  it('has the sizes that its layout leaves, where that is one', () => {
    const device = new BtfInfo(split.bytes()).struct('device');
    const sizes = device.members.map(({ name, type }) => [
      name,
      type.kind === 'unknown' ? [type.sized, type.size] : type.size,
    ]);
    expect(Object.fromEntries(sizes)).toEqual({
      [`?${base.find('lock')!.toString(16)}`]: [false, 0], // nine to twelve: an int may have padding before it
      first: [true, 4], // as far as the next of its type
      second: [true, 4],
      barmap: [true, 6], // up to a bool, which is one byte and so stands anywhere
      alone: [true, 1],
      bits_a: [true, 1],
      bits_b: [true, 1],
      region: 8,
      file: [false, 0], // one to eight
      mapped: 24, // as region has it: two longs, as far apart as one is long
      queue: [false, 0], // up to six bytes of padding behind it
      inside: 16,
      vector: 6,
      pdev: 8,
    });
    const bits = device.members.find(({ name }) => name === 'bits_a')!;
    expect(bits.storage).toEqual({ offset: 27, size: 1 });
  });

  it('leaves a size open where an attribute or a bit-field may have made room', () => {
    const module = new BtfBuilder({ base });
    const members = [
      { name: 'spread', type: kernel.lock, at: 0 },
      { name: 'on_a_cache_line', type: kernel.bool, at: 512 },
      { name: 'behind', type: kernel.bool, at: 520 },
    ];
    const aligned = module.struct('aligned', 128, members);
    const before = [
      { name: 'before', type: kernel.short, at: 0 },
      { name: 'bits', type: kernel.bool, at: 32, bits: 1 },
    ];
    const bits = module.struct('bits', 8, before);
    const parameters = [aligned, bits].map((type, i) => [`p${i}`, module.pointer(type)] as const);
    module.add(Kind.function, 'f', module.prototype(0, parameters), [], 0);
    const info = new BtfInfo(module.bytes());
    const sized = (name: string) =>
      info.struct(name).members.map(({ type }) => type.kind === 'unknown' && type.sized);
    expect(sized('aligned')).toEqual([false, true, true]);
    expect(sized('bits')).toEqual([false, true]);
  });

  it('refuses another base', () => {
    const other = new BtfBuilder();
    other.int('something_else', 4);
    expect(() => new BtfInfo(split.bytes(), new BtfInfo(other.bytes()))).toThrow(
      refused('E_BTF_BASE', 'not the one'),
    );
  });

  it('asks for its base where several could be', () => {
    const module = new BtfBuilder({ base });
    module.add(Kind.function, 'init', 1, [], 0);
    expect(() => new BtfInfo(module.bytes())).not.toThrow();
    const unclear = new BtfBuilder({ base });
    unclear.struct('a', 4, [{ name: 'x', type: 1, at: 0 }]);
    unclear.struct('b', 4, [{ name: 'y', type: 9, at: 0 }]);
    expect(() => new BtfInfo(unclear.bytes())).toThrow(refused('E_BTF_BASE', 'its types do not say'));
    const damaged = split.bytes();
    damaged[damaged.length - 3] = 0;
    expect(() => new BtfInfo(damaged)).toThrow(refused('E_BTF_BASE', 'its names do not say'));
  });

  it('needs no base where it refers to nothing in one', () => {
    expect(new BtfInfo(base.bytes(), new BtfInfo(split.bytes(), whole)).struct('lock').size).toBe(12);
  });

  it('is read from a module, with the base that the module has itself', async () => {
    const own = new BtfBuilder();
    const int = own.int('int', 4);
    const foreign = own.struct('lock', 12, []);
    const module = new BtfBuilder({ base: own });
    module.struct('device', 16, [
      { name: 'lock', type: foreign, at: 0 },
      { name: 'n', type: int, at: 96 },
    ]);
    const file = buildElf([
      { name: '.BTF', bytes: module.bytes() },
      { name: '.BTF.base', bytes: own.bytes() },
    ]);
    const source = await openLayouts(file, { base: base.bytes() });
    expect(source).toMatchObject({
      kind: 'btf',
      lacksBase: false,
      target: { name: 'x86_64', pointerSize: 8 },
    });
    const [lock, n] = source.struct('device').members;
    expect(lock!.type).toMatchObject({ kind: 'struct', name: 'lock', size: 12, complete: false });
    expect(n!.type).toMatchObject({ kind: 'base', name: 'int' });
  });

  it('is read from a module, with a base given', async () => {
    const file = buildElf([{ name: '.BTF', bytes: split.bytes() }]);
    const source = await openLayouts(file, { base: base.bytes() });
    expect(source.lacksBase).toBe(false);
    expect(source.struct('lock').size).toBe(12);
    expect((await openLayouts(file)).lacksBase).toBe(true);
  });
});
