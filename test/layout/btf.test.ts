// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { IntEncoding, Kind } from '../../src/layout/btf/constants.js';
import { BtfInfo } from '../../src/layout/btf.js';
import { spell } from '../../src/layout/spell.js';
import { bare, type StructType } from '../../src/layout/types.js';
import { BtfBuilder } from './btf-builder.js';

const refused = (code: string, message: string | RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const bad = (message: string | RegExp) => refused('E_BAD_BTF', message);

/** What a struct's members are, in a line each. */
const lines = ({ members }: StructType) =>
  members.map(
    ({ name, type, offset, bit, bits }) =>
      `${offset}${bits === null ? '' : `.${bit}:${bits}`} ${spell(type, name ?? '')} ${type.size}`,
  );

describe.each([true, false])('BTF, little endian %s', (littleEndian) => {
  const start = () => {
    const btf = new BtfBuilder({ littleEndian });
    return { btf, int: btf.int('int', 4), byte: btf.int('unsigned char', 1, 0) };
  };
  const read = (btf: BtfBuilder) => new BtfInfo(btf.bytes());

  it('has every kind of type', () => {
    const { btf, int, byte } = start();
    const bool = btf.int('_Bool', 1, IntEncoding.bool);
    const double = btf.add(Kind.float, 'double', 8);
    const typedef = btf.add(Kind.typedef, 'u8', byte);
    const tagged = btf.add(Kind.typeTag, 'rcu', int);
    const types = {
      plain: int,
      truth: bool,
      real: double,
      named: typedef,
      fixed: btf.add(Kind.const, '', int),
      loose: btf.add(Kind.volatile, '', int),
      only: btf.add(Kind.restrict, '', btf.pointer(int)),
      tagged: btf.pointer(tagged),
      any: btf.pointer(0),
      row: btf.array(btf.array(typedef, 3), 2),
      open: btf.array(int, 0),
      call: btf.pointer(
        btf.prototype(int, [
          ['a', int],
          ['b', btf.pointer(byte)],
          ['', 0],
        ]),
      ),
      state: btf.add(Kind.enum, 'state', 4, [btf.text('ON'), -1, btf.text('OFF'), 5], 2, true),
      wide: btf.add(Kind.enum64, 'wide', 8, [btf.text('W'), 1, 2], 1),
      inner: btf.struct('inner', 4, [{ name: 'x', type: int, at: 0 }]),
      either: btf.struct(
        '',
        4,
        [
          { name: 'y', type: int, at: 0 },
          { name: 'z', type: byte, at: 0 },
        ],
        Kind.union,
      ),
      other: btf.pointer(btf.add(Kind.forward, 'elsewhere', 0)),
    };
    btf.struct(
      'all',
      256,
      Object.entries(types).map(([name, type], i) => ({ name, type, at: i * 128 })),
    );
    const variable = btf.add(Kind.variable, 'v', int, [1]);
    btf.add(Kind.dataSection, '.data', 4, [variable, 0, 4], 1);
    btf.add(Kind.function, 'f', btf.prototype(0, []), [], 1);
    btf.add(Kind.declTag, 'note', variable, [0xffffffff]);

    const info = read(btf);
    expect(info.lacksBase).toBe(false);
    expect(info.target).toEqual({ name: null, littleEndian, pointerSize: 8 });
    expect(info.structNames()).toEqual(['inner', 'all']);
    const struct = info.struct('all');
    expect(lines(struct)).toEqual([
      '0 int plain 4',
      '16 _Bool truth 1',
      '32 double real 8',
      '48 u8 named 1',
      '64 const int fixed 4',
      '80 volatile int loose 4',
      '96 int *restrict only 8',
      '112 int *tagged 8',
      '128 void *any 8',
      '144 u8 row[2][3] 6',
      '160 int open[] 0',
      '176 int (*call)(int, unsigned char *, ...) 8',
      '192 enum state state 4',
      '208 enum wide wide 8',
      '224 struct inner inner 4',
      '240 union {…} either 4',
      '256 struct elsewhere *other 8',
    ]);
    const state = bare(struct.members[12]!.type);
    const wide = bare(struct.members[13]!.type);
    expect(state).toMatchObject({
      signed: true,
      values: [
        { name: 'ON', value: -1n },
        { name: 'OFF', value: 5n },
      ],
    });
    expect(wide).toMatchObject({ signed: false, values: [{ name: 'W', value: 2n ** 33n + 1n }] });
    const encodings = struct.members
      .slice(0, 4)
      .map(({ type }) => (bare(type) as { encoding?: string }).encoding);
    expect(encodings).toEqual(['signed', 'bool', 'float', 'unsigned']);
    const elsewhere = bare(struct.members[16]!.type);
    expect(elsewhere.kind === 'pointer' && elsewhere.target).toMatchObject({ complete: false, members: [] });
  });

  it('has bit-fields, counted from the least significant bit', () => {
    const { btf, int } = start();
    const members = [
      { name: 'low', type: int, at: 0, bits: 3 },
      { name: 'over', type: int, at: 3, bits: 7 },
      { name: 'whole', type: int, at: 32 },
      { name: 'last', type: int, at: 64, bits: 32 },
    ];
    btf.struct('s', 12, members);
    const storage = (offset: number) => ({ offset, size: 4 });
    const place = littleEndian
      ? [
          [0, 0, 3, storage(0)],
          [0, 3, 7, storage(0)],
          [4, null, null, null],
          [8, 0, 32, storage(8)],
        ]
      : [
          [0, 5, 3, storage(0)],
          [1, 6, 7, storage(0)],
          [4, null, null, null],
          [11, 0, 32, storage(8)],
        ];
    const found = read(btf).struct('s').members;
    expect(found.map(({ offset, bit, bits, storage }) => [offset, bit, bits, storage])).toEqual(place);
  });

  it('has the bit-fields of old encoders, where the int has fewer bits than bytes', () => {
    const { btf } = start();
    const flag = btf.int('unsigned int', 4, 0, 1);
    const shifted = btf.int('unsigned int', 4, 0, 4, 2);
    btf.struct('s', 8, [
      { name: 'a', type: flag, at: 9 },
      { name: 'b', type: btf.add(Kind.typedef, 'u32', shifted), at: 32 },
      { name: 'c', type: shifted, at: 32 },
    ]);
    const [a, b, c] = read(btf).struct('s').members;
    expect(a).toMatchObject(littleEndian ? { offset: 1, bit: 1, bits: 1 } : { offset: 1, bit: 6, bits: 1 });
    for (const shiftedOne of [b, c]) expect(shiftedOne).toMatchObject({ offset: 4, bit: 2, bits: 4 });
  });

  it('completes a declaration by the definition', () => {
    const { btf, int } = start();
    const later = btf.pointer(btf.add(Kind.forward, 'late', 0));
    const union = btf.pointer(btf.add(Kind.forward, 'late', 0, [], 0, true));
    btf.struct('s', 16, [
      { name: 'late', type: later, at: 0 },
      { name: 'none', type: union, at: 64 },
    ]);
    btf.struct('late', 4, [{ name: 'x', type: int, at: 0 }]);
    const [late, none] = read(btf)
      .struct('s')
      .members.map(({ type }) => type.kind === 'pointer' && type.target);
    expect(late).toMatchObject({ kind: 'struct', complete: true, size: 4 });
    expect(none).toMatchObject({ kind: 'union', complete: false });
  });

  it('has pointers as long as a long', () => {
    const btf = new BtfBuilder({ littleEndian });
    const long = btf.int('long unsigned int', 4, 0);
    btf.struct('s', 4, [{ name: 'p', type: btf.pointer(long), at: 0 }]);
    const info = read(btf);
    expect(info.target.pointerSize).toBe(4);
    expect(info.struct('s').members[0]!.type.size).toBe(4);
  });

  it('lists structs, and refuses a name of two different ones', () => {
    const { btf, int, byte } = start();
    btf.struct('same', 4, [{ name: 'a', type: int, at: 0 }]);
    btf.struct('same', 4, [{ name: 'a', type: int, at: 0 }]);
    btf.struct('differs', 4, [{ name: 'a', type: int, at: 0 }]);
    btf.struct('differs', 4, [{ name: 'b', type: byte, at: 0 }]);
    const info = read(btf);
    expect(info.struct('same').size).toBe(4);
    expect(() => info.struct('differs')).toThrow(refused('E_AMBIGUOUS_TYPE', 'differs has 2 definitions'));
    expect(() => info.struct('differ')).toThrow(
      expect.objectContaining({
        code: 'E_UNKNOWN_TYPE',
        advice: { hint: expect.stringContaining("'differs'") },
      }),
    );
  });

  describe('refuses', () => {
    it('what contains itself', () => {
      const { btf } = start();
      btf.struct('s', 8, [{ name: 's', type: 3, at: 0 }]);
      btf.add(Kind.typedef, 'a', 5);
      btf.add(Kind.typedef, 'b', 4);
      btf.struct('t', 8, [{ name: 'a', type: 4, at: 0 }]);
      btf.add(Kind.typeTag, 'tag', 7);
      btf.struct('u', 8, [{ name: 'a', type: 7, at: 0 }]);
      const info = read(btf);
      for (const name of ['s', 't', 'u']) expect(() => info.struct(name)).toThrow(bad('contains itself'));
    });

    it('types nested without end', () => {
      const { btf, int } = start();
      let type = int;
      for (let i = 0; i < 5000; i++) type = btf.add(Kind.const, '', type);
      btf.struct('s', 4, [{ name: 'a', type, at: 0 }]);
      expect(() => read(btf).struct('s')).toThrow(bad('nested more than'));
    });

    it('members that are no values, or stand where none can', () => {
      const { btf, int } = start();
      const variable = btf.add(Kind.variable, 'v', int, [0]);
      btf.struct('s', 8, [{ name: 'a', type: variable, at: 0 }]);
      btf.struct('t', 8, [{ name: 'a', type: int, at: 3 }]);
      btf.struct('u', 8, [{ name: 'a', type: int, at: 0, bits: 33 }]);
      btf.struct('v', 8, [{ name: 'a', type: btf.array(btf.array(int, 0xffffffff), 0xffffffff), at: 0 }]);
      const info = read(btf);
      expect(() => info.struct('s')).toThrow(bad('kind 14, which is not a C type'));
      expect(() => info.struct('t')).toThrow(bad('at bit 3 that is not a bit-field'));
      expect(() => info.struct('u')).toThrow(bad('impossible bit-field, 33 bits'));
      expect(() => info.struct('v')).toThrow(bad('beyond any size'));
    });

    const changed = (at: number, ...bytes: number[]) => {
      const { btf, int } = start();
      btf.struct('s', 8, [{ name: 'a', type: int, at: 0 }]);
      const file = btf.bytes();
      file.set(littleEndian ? bytes : bytes.toReversed(), at);
      return () => new BtfInfo(file);
    };

    it('headers and types that cannot be', () => {
      expect(changed(0, 1, 2)).toThrow(bad('does not start with its magic .offset 0x0'));
      expect(changed(2, 9)).toThrow(bad('has version 9'));
      expect(changed(4, 8, 0, 0, 0)).toThrow(bad('a header of 8 bytes'));
      expect(changed(12, 255, 0, 0, 0)).toThrow(bad('types that overrun it'));
      expect(changed(20, 255, 0, 0, 0)).toThrow(bad('strings that overrun it'));
      expect(changed(20, 3, 0, 0, 0)).toThrow(bad('strings without an end'));
      expect(changed(28, 0, 0, 0, 31)).toThrow(bad('unknown kind 31 .offset 0x18'));
      expect(changed(28, 255, 255, 0, 4)).toThrow(bad('overruns the types'));
    });
  });
});
