// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { type Site, sitesOf } from '../../../src/engine/instrument/sites.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { compileWasm } from '../../layout/compile.js';

const source = readFileSync(new URL('fixtures/bits.c', import.meta.url), 'utf8');

/** What each function of bits.c reads and writes, by the names of bit-fields. */
const fields: Readonly<Record<string, readonly [struct: string, read: string, written: string]>> = {
  set_c: ['flags', 'c', 'c'],
  clear_c: ['flags', 'c', 'c'],
  assign_c: ['flags', 'c', 'c'],
  set_h: ['flags', 'h', 'h'],
  set_i: ['flags', 'i', 'i'],
  assign_k: ['flags', 'k', 'k'],
  set_b_clear_d: ['flags', 'b d', 'b d'],
  flip_e: ['flags', 'e', 'e'],
  test_c: ['flags', 'c', ''],
  test_h: ['flags', 'h', ''],
  test_i: ['flags', 'i', ''],
  test_b_or_d: ['flags', 'b d', ''],
  set_c_unless_a: ['flags', 'a c', 'c'],
  assign_low: ['numbers', 'low', 'low'],
  assign_middle: ['numbers', 'middle', 'middle'],
  assign_high: ['numbers', 'high', 'high'],
  read_middle: ['numbers', 'middle', ''],
  read_high: ['numbers', 'high', ''],
  assign_wide_low: ['wide', 'low', 'low'],
  assign_wide_middle: ['wide', 'middle', 'middle'],
  read_wide_middle: ['wide', 'middle', ''],
};

/** The bits behind the pointer that each function changes, as it says; those that it reads are the same. */
const changed: Readonly<Record<string, bigint>> = {
  or_byte: 0x81n,
  and_half: 0x420n,
  xor_word: 0x8000_0001n,
  merge_word: 0xf0n,
  insert_word: 0xff_8000n,
  insert_quad: 0x1_ff00n,
};

/** The masks of each function's accesses, in order. */
const whole: Readonly<Record<string, readonly bigint[]>> = {
  assign_word: [0xffff_ffffn],
  add_word: [0xffff_ffffn, 0xffff_ffffn],
  // The bit that is set anyway is not looked at in what is read.
  or_other: [0xffff_fffen, 0xffff_ffffn],
  or_next: [0xffff_fffen, 0xffff_ffffn],
  read_word: [0xffff_ffffn],
  or_and_return: [0xffff_ffffn, 2n],
  atomic_or: [0x10n],
  atomic_and: [0x30n],
};

describe.each(
  ['-O1', '-O2', '-Os'].flatMap((level) => ['fine', 'wide'].map((access) => [level, access] as const)),
)('compiled with %s, %s bit-fields', async (level, access) => {
  const flags = access === 'fine' ? ['-ffine-grained-bitfield-accesses'] : [];
  const module = await compileWasm({ 'bits.c': source }, ['-g', '-matomics', level, ...flags]);
  const sites = sitesOf(module);
  const accesses = memoryAccesses(module);
  const of = (name: string) => sites.filter((site) => site.function === name);
  /** The bits that sites mean, from the pointer that the function has been given. */
  const bitsOf = (some: readonly Site[]) =>
    some.reduce((bits, { site, mask }) => bits | (mask << BigInt(accesses[site]!.immediate * 8)), 0n);

  it.each(Object.entries(fields))('%s means its fields', (name, [struct, read, written]) => {
    const { members } = DebugInfo.fromWasm(module).struct(struct);
    const named = (text: string) =>
      members.reduce((bits, { name, offset, bit, bits: width }) => {
        if (!text.split(' ').includes(name ?? '')) return bits;
        return bits | (((1n << BigInt(width!)) - 1n) << BigInt(offset * 8 + bit!));
      }, 0n);
    const kinds = (kind: string) => bitsOf(of(name).filter((site) => site.kind === kind));
    expect(kinds('load')).toBe(named(read));
    expect(kinds('store')).toBe(named(written));
  });

  it.each(Object.entries(changed))('%s means the bits it changes', (name, bits) => {
    expect(of(name).map(({ kind }) => kind)).toEqual(['load', 'store']);
    for (const site of of(name)) expect(bitsOf([site])).toBe(bits);
  });

  it.each(Object.entries(whole))('%s means what it says', (name, masks) => {
    expect(of(name).map(({ mask }) => mask)).toEqual(masks);
  });

  it('follows a value around a loop', () => {
    // What the last turn has read is looked at as a whole behind the loop.
    const loads = of('sum').filter(({ kind }) => kind === 'load');
    expect(loads.some(({ mask }) => mask === 0xffff_ffffn)).toBe(true);
  });

  it('says where each is from', () => {
    expect(sites.map(({ site }) => site)).toEqual(sites.map((_, i) => i));
    const lines = source.split('\n');
    for (const { stack, function: name } of sites.filter((site) => site.function in fields))
      expect(lines[stack[0]!.line! - 1]).toContain(`EXPORT(${name})`);
  });
});
