// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { BtfInfo } from '../../src/layout/btf.js';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { fieldsOf, holesOf } from '../../src/layout/fields.js';
import { inAddressOrder } from '../../src/layout/member-order.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import type { StructType } from '../../src/layout/types.js';
import { paholeText } from '../../src/report/pahole.js';
import { structC } from '../../src/report/struct-c.js';
import { structReport } from '../../src/report/struct-report.js';
import { BtfBuilder } from './btf-builder.js';
import { compileOutside, onPath } from './compile.js';
import type { Attribute, Entry } from './dwarf-builder.js';
import { int, member, named, read, sized, struct, typed, unit } from './dwarf-entries.js';

const at = (offset: number): Attribute => [At.dataMemberLocation, Form.data1, offset];
const flag = (name: number): Attribute => [name, Form.flagPresent, 0];
const long: Entry = {
  tag: Tag.baseType,
  label: 'long',
  attributes: [named('u64'), sized(8), [At.encoding, Form.data1, 7]],
};
const byte: Entry = {
  tag: Tag.baseType,
  label: 'byte',
  attributes: [named('u8'), sized(1), [At.encoding, Form.data1, 7]],
};
const places = (one: StructType) =>
  fieldsOf(one).map(({ path, offset, size }) => `${path} ${offset}+${size}`);

describe('Rust', () => {
  const unordered = struct(
    'point',
    [member('a', 'byte', at(12)), member('b', 'long', at(0)), member('c', 'int', at(8))],
    16,
  );

  it('has its members in the order of their addresses', () => {
    const info = read(unit(int, long, byte, unordered), { addressSize: 8 });
    const point = info.struct('point');
    expect(places(point)).toEqual(['b 0+8', 'c 8+4', 'a 12+1']);
    expect(holesOf(point)).toMatchObject([{ offset: 13, size: 3, padding: true }]);
    const text = paholeText(point);
    expect(text).toContain('/* padding: 3 */');
    expect(text).not.toMatch(/hole|-\d/);
  });

  it('in BTF too, and what C has keeps the order that it has', () => {
    const btf = new BtfBuilder();
    const u32 = btf.int('u32', 4, 0);
    btf.struct('s', 8, [
      { name: 'a', type: u32, at: 32 },
      { name: 'b', type: u32, at: 0 },
    ]);
    expect(places(new BtfInfo(btf.bytes()).struct('s'))).toEqual(['b 0+4', 'a 4+4']);
    const { members } = read(
      unit(int, struct('s', [member('a', 'int', at(0)), member('b', 'int', at(0))])),
    ).struct('s');
    expect(inAddressOrder(members, true)).toBe(members);
  });

  it('shows the variants of an enum, and what says which it is', () => {
    const variant = (name: string, type: string): Entry => ({
      tag: Tag.variant,
      children: [member(name, type, at(0))],
    });
    const discriminant: Entry = { tag: Tag.member, label: 'd', attributes: [typed('byte'), at(4)] };
    const shape: Entry = {
      tag: Tag.structureType,
      attributes: [named('Shape<u8>'), sized(16)],
      children: [
        {
          tag: Tag.variantPart,
          attributes: [[At.discriminant, Form.ref4, { label: 'd' }]],
          children: [discriminant, variant('Empty', 'Empty'), variant('Round', 'Round')],
        },
        struct('Empty', [], 16),
        struct('Round', [member('__0', 'long', at(8)), member('__1', 'int', at(0))], 16),
      ],
    };
    const info = read(unit(int, long, byte, shape), { addressSize: 8 });
    const type = info.struct('Shape<u8>');
    expect(places(type)).toEqual(['discriminant 4+1', 'Empty 0+16', 'Round 0+16']);
    expect(holesOf(type)).toEqual([]);
    const c = structC(type, { name: 'x86_64', littleEndian: true, pointerSize: 8 });
    expect(c).toMatch(/^\/\* lostbit_1_Shape_u8_ is called "Shape<u8>" \*\/\n/);
    expect(c).toContain('struct Round Round;');
    expect(c).toContain('typedef unsigned long long u64;');
  });
});

describe('C++', () => {
  const base = (type: string, ...more: Attribute[]): Entry => ({
    tag: Tag.inheritance,
    attributes: [typed(type), ...more],
  });
  const computed: Attribute = [At.dataMemberLocation, Form.exprloc, Uint8Array.of(0x12, 0x06, 0x48, 0x1c)];
  const aClass = (name: string, children: Entry[], size: number): Entry => ({
    ...struct(name, children, size),
    tag: Tag.classType,
  });
  const declared: Entry = {
    tag: Tag.structureType,
    label: 'later',
    attributes: [named('later'), flag(At.declaration)],
  };
  const info = read(
    unit(
      int,
      long,
      byte,
      declared,
      struct('empty', [], 1),
      struct('plain', [member('x', 'long', at(0)), member('y', 'byte', at(8))], 16),
      aClass(
        'derived',
        [
          base('plain', at(0)),
          base('empty', at(0)),
          member('own', 'byte', at(9)),
          { ...member('counter', 'int', flag(At.external), flag(At.declaration)) },
          member('last', 'int', at(16)),
        ],
        24,
      ),
      aClass(
        'virtually',
        [base('plain', computed, [At.virtuality, Form.data1, 1]), member('own', 'int', at(8))],
        32,
      ),
      struct('partly', [base('later', at(0)), member('a', 'later', at(8)), member('own', 'int', at(16))], 24),
    ),
    { addressSize: 8 },
  );

  it('has classes, their bases as members, and no static members', () => {
    const derived = info.struct('derived');
    expect(places(derived)).toEqual(['<plain> 0+16', 'own 9+1', 'last 16+4']);
    const text = paholeText(derived);
    expect(text).toContain('struct plain               <plain>;');
    expect(text).toContain('/* In the padding of the field before */');
    expect(text).not.toMatch(/ hole|: -\d/);
    expect(() => structC(derived, { name: 'x86_64', littleEndian: true, pointerSize: 8 })).toThrow(
      expect.objectContaining({ code: 'E_NO_DECLARATION' }),
    );
  });

  it('says which base has no fixed place, and what is only declared', () => {
    expect(info.struct('virtually').leftOut).toEqual([
      'the virtual base plain, whose place is known at run time only',
    ]);
    const partly = info.struct('partly');
    expect(partly.leftOut).toMatchObject(
      [
        /^the base later, of a type that is only declared .*-fstandalone-debug/,
        /^what a holds, of a type that is only declared/,
      ].map((text) => expect.stringMatching(text)),
    );
    const report = structReport(
      {
        name: 'a.o',
        struct: partly,
        target: info.target,
        saysAlignment: true,
        incomplete: false,
        spans: null,
        gccSpans: null,
        given: [],
      },
      null,
      { replay: (schedule) => schedule, access: 'fine', verbose: false },
    );
    expect(report).toContain('left out: the base later, of a type');
    expect(() => info.struct('later')).toThrow(
      expect.objectContaining({
        code: 'E_UNKNOWN_TYPE',
        advice: { hint: expect.stringContaining('it is only declared there') },
      }),
    );
  });

  const clang = ['clang-22', 'clang-21', 'clang-20', 'clang-19', 'clang'].find(onPath);
  it.skipIf(clang === undefined)('as clang compiles it', async () => {
    const text = `
      struct Base { unsigned long x; char tail; virtual ~Base(); };
      struct Other { int y; };
      class Derived : public Base, private Other {
      public:
        char own; static int counter; int &ref; int Other::*data; void (Other::*code)();
        enum class Color : unsigned char { red } color;
        Derived(int &r);
      };
      Base::~Base() {}
      Derived::Derived(int &r) : ref(r) {}`;
    for (const flags of [['-gdwarf-5'], ['-gdwarf-4', '-fdebug-types-section']]) {
      const source = await openLayouts(
        compileOutside(text, [
          [
            clang!,
            '-x',
            'c++',
            '--target=x86_64-linux-gnu',
            '-w',
            '-g',
            ...flags,
            '-c',
            '{in}',
            '-o',
            '{out}',
          ],
        ]),
      );
      expect(places(source.struct('Derived'))).toEqual([
        '<Base> 0+24',
        '<Other> 20+4',
        'own 24+1',
        'ref 32+8',
        'data 40+8',
        'code 48+16',
        'color 64+1',
      ]);
    }
  });
});
