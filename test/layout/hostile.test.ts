// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/layout/btf/constants.js';
import { BtfInfo } from '../../src/layout/btf.js';
import { compareLayouts } from '../../src/layout/compare.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { Elf } from '../../src/layout/elf/elf.js';
import { debugSections } from '../../src/layout/elf/relocate.js';
import { heaviestInOrder } from '../../src/layout/in-order.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import type { Member, StructType, Type } from '../../src/layout/types.js';
import { BtfBuilder } from './btf-builder.js';
import { type Entry, wrapInWasm } from './dwarf-builder.js';
import { bad, int, member, read, sized, struct, UNKNOWN_ATTRIBUTE, unit } from './dwarf-entries.js';
import { buildElf } from './elf-builder.js';
import { Writer } from './writer.js';

/** Milliseconds on a busy machine. Not a measurement: each of these took half a minute, or all the memory there is. */
const PATIENCE = 5000;

function withinPatience<T>(ask: () => T): T {
  const started = process.cpuUsage();
  const answer = ask();
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(PATIENCE);
  return answer;
}

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('time in proportion to the file', () => {
  it('structs nested in each other, to each of which a member of one refers', () => {
    const depth = 8000;
    const members = Array.from({ length: depth }, (_, i) => member(`m${i}`, `n${i}`));
    // Written flat, as each level would take one of the stack.
    const info = new Writer();
    const refs: number[] = [];
    for (let i = 0; i < depth; i++) {
      refs.push(info.length);
      info.uleb(2);
      info.uint(4, 1);
    }
    for (let i = 0; i < depth; i++) info.uint(0, 1);
    const nested = info.bytes();
    const sections = nestedUnit(nested, refs, members.length);
    const { members: read } = withinPatience(() => DebugInfo.fromWasm(wrapInWasm(sections)).struct('outer'));
    expect(read).toHaveLength(depth);
    expect(read.every(({ type }) => type.kind === 'struct' && type.size === 4)).toBe(true);
  });

  it('entries with thousands of attributes that take no bytes', () => {
    const flags = Array.from({ length: 20_000 }, (_, i) => [0x2000 + i, Form.flagPresent, 0] as const);
    const abbrev = new Writer();
    for (const [code, tag, attributes] of [
      [1, Tag.compileUnit, []],
      [2, Tag.structureType, [[UNKNOWN_ATTRIBUTE, Form.udata, 0], ...flags]],
    ] as const) {
      abbrev.uleb(code);
      abbrev.uleb(tag);
      abbrev.uint(code === 1 ? 1 : 0, 1);
      for (const [at, form] of attributes) {
        abbrev.uleb(at);
        abbrev.uleb(form);
      }
      abbrev.uint(0, 2);
    }
    abbrev.uint(0, 1);
    const entries = Array.from({ length: 100_000 }, () => [2, 7]).flat();
    const sections = new Map([
      ['.debug_info', unitOf(Uint8Array.from([1, ...entries, 0]))],
      ['.debug_abbrev', abbrev.bytes()],
    ]);
    expect(withinPatience(() => DebugInfo.fromWasm(wrapInWasm(sections)).structNames())).toEqual([]);
  });

  it('the comparison of as many fields as there can be, one by one and of one name', () => {
    for (const name of [(i: number) => `m${i}`, () => 'm', (i: number) => `?${i.toString(16)}`]) {
      const whole = fields(20_000, (i) => ({ name: name(i), offset: 4 * i }));
      const moved = { ...whole, members: [...whole.members.slice(1), whole.members[0]!] };
      const { fields: changes } = withinPatience(() => compare(whole, moved));
      expect(changes).toEqual([]);
    }
  });

  it('fields each of which shares bytes with thousands of others', () => {
    const bytes: Type = { kind: 'array', element: INT, count: 500, size: 2000 };
    const before = fields(3000, (i) => ({ name: `m${i}`, offset: i, type: bytes }));
    const after = fields(3000, (i) => ({ name: `m${i}`, offset: 2000 * i, type: bytes }));
    expect(() => withinPatience(() => compare(before, after))).toThrow(
      refused('E_LARGE_STRUCT', 'share bytes with too many others'),
    );
  });
});

describe('memory in proportion to the file', () => {
  const long = 'x'.repeat(4000);

  it('names of sections that are the ends of one', () => {
    const count = 100_000;
    const file = sharedNames(count, long);
    const before = process.memoryUsage().heapUsed;
    withinPatience(() => {
      const elf = new Elf(file);
      // The names alone are 350 MB.
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(2e8);
      expect(elf.sections).toHaveLength(count);
      expect(elf.sections[1]!.name.length).toBeGreaterThan(3000);
      expect(elf.section('.debug_info')).toBeUndefined();
    });
  });

  it('names of types that are the ends of one, in DWARF and BTF', () => {
    // Each has 2000 characters on average, of a file that has some ten bytes for each.
    const strings = Buffer.from(`${long}\0`.repeat(20));
    const entries = new Writer();
    for (let i = 0; i < 8000; i++) {
      entries.uint(2, 1);
      entries.uint(10 * i, 4);
    }
    const abbrev = Uint8Array.of(1, 0x11, 1, 0, 0, 2, Tag.structureType, 0, At.name, Form.strp, 0, 0, 0);
    const sections = new Map<string, Uint8Array>([
      ['.debug_info', unitOf(Uint8Array.from([1, ...entries.bytes(), 0]))],
      ['.debug_abbrev', abbrev],
      ['.debug_str', strings],
    ]);
    expect(() => withinPatience(() => DebugInfo.fromWasm(wrapInWasm(sections)))).toThrow(
      bad('has strings that overlap'),
    );

    const btf = new BtfBuilder();
    const start = btf.text(long);
    for (let i = 0; i < 20; i++) btf.text(`${i}${long}`);
    for (let i = 0; i < 8000; i++) btf.addNamedAt(Kind.struct, start + 5 * i, 0);
    const file = btf.bytes();
    expect(() => withinPatience(() => new BtfInfo(file).structNames())).toThrow(
      refused('E_BAD_BTF', 'strings that overlap'),
    );
  });

  it('sections that unpack to a thousand times their size', () => {
    // One is 32 kB and unpacks to 32 MB; of all together no more is made than the file may become.
    const size = 2 ** 25;
    const header = new Writer();
    for (const [value, bytes] of [
      [1, 4],
      [0, 4],
      [size, 8],
      [1, 8],
    ] as const)
      header.uint(value, bytes);
    const bytes = Buffer.concat([header.bytes(), deflateSync(Buffer.alloc(size))]);
    const elf = buildElf(
      ['.debug_info', '.debug_abbrev', '.debug_str', '.debug_types'].map((name) => ({
        name,
        flags: 0x800,
        bytes,
      })),
    );
    expect(() => withinPatience(() => debugSections(new Elf(elf)))).toThrow(
      refused('E_BAD_ELF', /compressed section .* claims to be of 33554432 bytes/),
    );
  });

  it('a file that unpacks to a thousand times its size, by itself or in its sections', async () => {
    const packed = gzipSync(Buffer.alloc(2 ** 26));
    await expect(openLayouts(packed)).rejects.toThrow(
      refused('E_UNPACK', /packed by gzip and cannot be unpacked: it would be more than \d+ bytes/),
    );
  });

  it('sections of one name that are one part of the file', () => {
    const claims = { offset: 64, size: 4096 };
    const sections = Array.from({ length: 5000 }, () => ({
      name: '.debug_info',
      bytes: new Uint8Array(1),
      claims,
    }));
    expect(() => withinPatience(() => debugSections(new Elf(buildElf(sections))))).toThrow(
      refused('E_BAD_ELF', 'debug sections of 20480000 bytes, which overlap'),
    );
  });
});

describe('the comparison of what holds itself', () => {
  const compared = (struct: StructType) => () => compare(struct, struct);

  it('through arrays of pointers, without a tag', () => {
    const members: Member[] = [];
    const inner: StructType = { kind: 'struct', name: null, size: 8, complete: true, members };
    let type: Type = { kind: 'pointer', size: 8, target: inner };
    for (let i = 0; i < 3; i++) type = { kind: 'array', element: type, count: 1, size: 8 };
    members.push({ name: 'a', type, ...WHOLE, offset: 0 });
    const outer: StructType = { ...inner, name: 's', members: [{ name: 'm', type, ...WHOLE, offset: 0 }] };
    expect(compared(outer)).toThrow(refused('E_LARGE_STRUCT', "'s' has more fields than can be written out"));
  });

  it('through arrays, out of a file', () => {
    const array: Entry = {
      tag: Tag.arrayType,
      label: 'a',
      attributes: [[At.type, Form.ref4, { label: 'p' }]],
    };
    const pointer: Entry = {
      tag: Tag.pointerType,
      label: 'p',
      attributes: [[At.type, Form.ref4, { label: 'n' }]],
    };
    const nameless: Entry = {
      tag: Tag.structureType,
      label: 'n',
      attributes: [sized(8)],
      children: [member('x', 'a'), member('y', 'a')],
    };
    const info = read(unit(int, array, pointer, nameless, struct('s', [member('m', 'n')], 8)));
    expect(compared(info.struct('s'))).toThrow(refused('E_LARGE_STRUCT', 'more fields'));
  });

  it('an array of thousands of dimensions is refused', () => {
    const dimensions = Array.from(
      { length: 50_000 },
      (): Entry => ({
        tag: Tag.subrangeType,
        attributes: [[At.count, Form.data1, 1]],
      }),
    );
    const array: Entry = {
      tag: Tag.arrayType,
      label: 'a',
      attributes: [[At.type, Form.ref4, { label: 'int' }]],
      children: dimensions,
    };
    expect(() => read(unit(int, array, struct('s', [member('m', 'a')]))).struct('s')).toThrow(
      bad('array of 50000 dimensions'),
    );
  });
});

describe('the heaviest choice in order', () => {
  it('is that of all choices, and of equally heavy ones always the one of the first indices', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return (seed >> 8) % below;
    };
    for (let run = 0; run < 300; run++) {
      const ranks = Array.from({ length: 1 + random(9) }, (_, i) => i).sort(() => random(3) - 1);
      const weights = ranks.map(() => 1 + random(4));
      let most = 0;
      for (let choice = 0; choice < 2 ** ranks.length; choice++) {
        const chosen = ranks.map((_, i) => i).filter((i) => (choice >> i) % 2 === 1);
        if (chosen.some((one, k) => k > 0 && ranks[chosen[k - 1]!]! >= ranks[one]!)) continue;
        most = Math.max(
          most,
          chosen.reduce((sum, i) => sum + weights[i]!, 0),
        );
      }
      const found = [...heaviestInOrder(ranks, weights)].sort((a, b) => a - b);
      expect(found.every((one, k) => k === 0 || ranks[found[k - 1]!]! < ranks[one]!)).toBe(true);
      expect(found.reduce((sum, i) => sum + weights[i]!, 0)).toBe(most);
    }
    expect([...heaviestInOrder([1, 0], [1, 1])]).toEqual([0]);
    expect(heaviestInOrder([], [])).toEqual(new Set());
  });
});

const INT: Type = { kind: 'base', name: 'int', size: 4, encoding: 'signed' };
const WHOLE = { bit: null, bits: null, storage: null };

function fields(
  count: number,
  at: (i: number) => Partial<Member> & { name: string; offset: number },
): StructType {
  const members = Array.from({ length: count }, (_, i): Member => ({ type: INT, ...WHOLE, ...at(i) }));
  return { kind: 'struct', name: 's', size: 4 * count, complete: true, members };
}

const compare = (before: StructType, after: StructType) =>
  compareLayouts({ struct: before, littleEndian: true }, { struct: after, littleEndian: true });

/** A unit of DWARF 5 with the entries given. */
function unitOf(entries: Uint8Array): Uint8Array {
  const out = new Writer();
  out.uint(8 + entries.length, 4);
  out.uint(5, 2);
  out.uint(1, 1);
  out.uint(4, 1);
  out.uint(0, 4);
  return Buffer.concat([out.bytes(), entries]);
}

/** A unit of `outer`, whose members are of the types at the offsets given in what follows it. */
function nestedUnit(nested: Uint8Array, types: readonly number[], count: number): Map<string, Uint8Array> {
  const abbrev = Uint8Array.of(
    ...[1, Tag.compileUnit, 1, 0, 0],
    ...[2, Tag.structureType, 1, At.byteSize, Form.data1, 0, 0],
    ...[3, Tag.structureType, 1, At.name, Form.string, 0, 0],
    ...[4, Tag.member, 0, At.type, Form.ref4, 0, 0],
    0,
  );
  const entries = new Writer();
  entries.uleb(1);
  entries.uleb(3);
  entries.text('outer');
  // Behind the header, what is before the members, and them.
  const start = 12 + entries.length + 5 * count + 1;
  for (const type of types) {
    entries.uleb(4);
    entries.uint(start + type, 4);
  }
  entries.uint(0, 1);
  return new Map([
    ['.debug_info', unitOf(Buffer.concat([entries.bytes(), nested, Uint8Array.of(0)]))],
    ['.debug_abbrev', abbrev],
  ]);
}

/** An ELF file of so many sections, whose names are the ends of one. */
function sharedNames(count: number, name: string): Uint8Array {
  const table = 64 + name.length + 1;
  const file = Buffer.alloc(table + 64 * count);
  file.set(buildElf([]).subarray(0, 64));
  file.write(name, 64);
  file.writeBigUInt64LE(BigInt(table), 40);
  file.writeUInt16LE(0, 60);
  file.writeUInt16LE(0xffff, 62);
  for (let i = 0; i < count; i++) {
    const at = table + 64 * i;
    file.writeUInt32LE(i % 1000, at);
    file.writeUInt32LE(1, at + 4);
  }
  // The first says how many there are and where the names are: in the second.
  file.writeBigUInt64LE(BigInt(count), table + 32);
  file.writeUInt32LE(1, table + 40);
  file.writeBigUInt64LE(64n, table + 64 + 24);
  file.writeBigUInt64LE(BigInt(name.length + 1), table + 64 + 32);
  return file;
}
