// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { placeBitField } from '../../src/layout/dwarf/bit-field.js';
import { At, Form, Op, Tag } from '../../src/layout/dwarf/constants.js';
import { Dwarf } from '../../src/layout/dwarf/dwarf.js';
import { NameIndex } from '../../src/layout/dwarf/name-index.js';
import { DwarfParts } from '../../src/layout/dwarf/parts.js';
import { TypeReader } from '../../src/layout/dwarf/type-reader.js';
import { spell } from '../../src/layout/spell.js';
import type { Type } from '../../src/layout/types.js';
import { type Attribute, buildDwarf, type Entry, type UnitOptions } from './dwarf-builder.js';
import {
  bad,
  int,
  member,
  named,
  read,
  sized,
  struct,
  typed,
  UNKNOWN_ATTRIBUTE,
  unit,
} from './dwarf-entries.js';

describe('attribute forms', () => {
  const block = Uint8Array.of(1, 2, 3);
  const values: Partial<Record<keyof typeof Form, Attribute[2]>> = {
    block,
    block1: block,
    block2: block,
    block4: block,
    exprloc: block,
    data16: new Uint8Array(16),
    string: 'text',
    strp: 'text',
  };
  const plain = Object.keys(Form).filter((name) => name !== 'indirect') as (keyof typeof Form)[];

  it.each([4, 8] as const)('all are skipped in a unit of %i-byte addresses', (addressSize) => {
    for (const name of plain) {
      // The name stands behind the form in question and is garbled unless exactly that is skipped.
      const attributes: Attribute[] = [[UNKNOWN_ATTRIBUTE, Form[name], values[name] ?? 0x55], named('found')];
      const dwarf = read(unit({ tag: Tag.structureType, attributes }), { addressSize });
      expect(dwarf.structNames(), name).toEqual(['found']);
    }
  });

  it('an indirect one is followed once', () => {
    const indirect = (form: number, value: number | string) => {
      const attributes: Attribute[] = [
        [UNKNOWN_ATTRIBUTE, Form.indirect, { form, value }],
        [At.name, Form.indirect, { form: Form.strp, value: 'found' }],
      ];
      return read(unit({ tag: Tag.structureType, attributes })).structNames();
    };
    expect(indirect(Form.data4, 7)).toEqual(['found']);
    expect(indirect(Form.string, 'text')).toEqual(['found']);
    expect(() => indirect(Form.indirect, 1)).toThrow(bad('indirect attribute of form 0x16'));
    expect(() => indirect(Form.implicitConst, 1)).toThrow(bad('indirect attribute of form 0x21'));
  });

  it('an unknown one is refused, with its offset', () => {
    const attributes: Attribute[] = [[UNKNOWN_ATTRIBUTE, 0x7e, 1], named('found')];
    expect(() => read(unit({ tag: Tag.structureType, attributes }))).toThrow(bad(/form 0x7e.*offset 0x/));
  });

  it('integers are read from all of theirs, negative and 64-bit ones included', () => {
    const constants: [number, number | bigint][] = [
      [Form.data1, 0xc8],
      [Form.data2, 0xffff],
      [Form.data4, 0xffff_ffff],
      [Form.data8, 2n ** 64n - 1n],
      [Form.data8, 7],
      [Form.udata, 2n ** 63n],
      [Form.udata, 300],
      [Form.sdata, -1],
      [Form.sdata, -(2n ** 63n)],
      [Form.sdata, 64],
      [Form.implicitConst, -70000],
    ];
    const children = constants.map(([form, value], i) => ({
      tag: Tag.enumerator,
      attributes: [named(`v${i}`), [At.constValue, form, value]] as Attribute[],
    }));
    const info = typesOf(unit({ tag: Tag.enumerationType, attributes: [named('e'), sized(8)], children }));
    expect(info.read(Tag.enumerationType, 'e')).toMatchObject({
      values: constants.map(([, value], i) => ({ name: `v${i}`, value: BigInt(value) })),
    });
  });
});

/** The type model of a hand-made unit, of either byte order. */
function typesOf(root: Entry, options: UnitOptions = {}) {
  const dwarf = new Dwarf(buildDwarf(root, options), options.littleEndian);
  const names = new NameIndex(new DwarfParts([dwarf]));
  const types = new TypeReader(names);
  return { read: (tag: number, name: string): Type => types.read(names.definitions(tag, name)[0]!) };
}

describe('bit-fields', () => {
  // struct { int a : 3; int b : 7; } as gcc lays it out on x86_64 and on s390x.
  it.each([
    ['little endian, DWARF 3 encoding', true, { bitOffset: 29 }, { bitOffset: 22 }, [0, 0], [0, 3]],
    ['little endian, DWARF 4 encoding', true, { dataBitOffset: 0 }, { dataBitOffset: 3 }, [0, 0], [0, 3]],
    ['big endian, DWARF 3 encoding', false, { bitOffset: 0 }, { bitOffset: 3 }, [0, 5], [1, 6]],
    ['big endian, DWARF 4 encoding', false, { dataBitOffset: 0 }, { dataBitOffset: 3 }, [0, 5], [1, 6]],
  ] as const)('%s', (_, littleEndian, a, b, placeOfA, placeOfB) => {
    const common = { memberOffset: 0, unitSize: 4, dataBitOffset: null, bitOffset: null };
    const storage = { offset: 0, size: 4 };
    expect(placeBitField({ ...common, ...a, width: 3 }, littleEndian)).toEqual({
      offset: placeOfA[0],
      bit: placeOfA[1],
      storage,
    });
    expect(placeBitField({ ...common, ...b, width: 7 }, littleEndian)).toEqual({
      offset: placeOfB[0],
      bit: placeOfB[1],
      storage,
    });
  });

  it('lie in a unit of their type up to its last bit, and else in none', () => {
    const at = (width: number) =>
      placeBitField({ width, memberOffset: 0, unitSize: 4, dataBitOffset: 35, bitOffset: null }, true)
        ?.storage;
    expect(at(29)).toEqual({ offset: 4, size: 4 });
    expect(at(30)).toBeNull();
  });

  it('come out of a big-endian file', () => {
    const field = member('b', 'int', [At.bitSize, Form.data1, 7], [At.dataBitOffset, Form.data1, 3]);
    const type = typesOf(unit(int, struct('s', [field])), { littleEndian: false }).read(
      Tag.structureType,
      's',
    );
    expect(type).toMatchObject({
      members: [{ offset: 1, bit: 6, bits: 7, storage: { offset: 0, size: 4 } }],
    });
  });

  it('that cannot be are refused', () => {
    const field = (...more: Attribute[]) => read(unit(int, struct('s', [member('b', 'int', ...more)])));
    expect(() => field([At.bitSize, Form.data1, 0]).struct('s')).toThrow(bad('impossible bit-field'));
    expect(() => field([At.bitSize, Form.data1, 33]).struct('s')).toThrow(bad('impossible bit-field'));
    expect(() => field([At.bitSize, Form.data1, 8], [At.bitOffset, Form.data1, 60]).struct('s')).toThrow(
      bad('impossible bit-field'),
    );
  });
});

describe('types', () => {
  it('takes a member offset from an expression, as old compilers write it', () => {
    const at = (...bytes: number[]) =>
      read(
        unit(
          int,
          struct('s', [member('m', 'int', [At.dataMemberLocation, Form.exprloc, Uint8Array.from(bytes)])]),
        ),
      );
    expect(at(Op.plusUconst, 0x80, 0x01).struct('s').members[0]).toMatchObject({ offset: 128 });
    expect(() => at(Op.plusUconst, 1, 0x22).struct('s')).toThrow(bad('computed'));
    expect(() => at(0x22).struct('s')).toThrow(bad('computed'));
  });

  it('counts array elements from a count or an upper bound, -1 included', () => {
    const bounds: Attribute[][] = [
      [[At.count, Form.data1, 3]],
      [[At.upperBound, Form.data1, 3]],
      [[At.upperBound, Form.sdata, -1]],
      [[At.upperBound, Form.data8, 2n ** 64n - 1n]],
      [[At.upperBound, Form.exprloc, Uint8Array.of(0x30)]],
      [],
    ];
    const arrays = bounds.map(
      (attributes, i): Entry => ({
        tag: Tag.arrayType,
        label: `a${i}`,
        attributes: [typed('int')],
        children: [{ tag: Tag.subrangeType, attributes }],
      }),
    );
    const members = bounds.map((_, i) => member(`m${i}`, `a${i}`));
    const { members: read_ } = read(unit(int, ...arrays, struct('s', members))).struct('s');
    expect(read_.map(({ type, name }) => spell(type, name ?? ''))).toEqual([
      'int m0[3]',
      'int m1[4]',
      'int m2[0]',
      'int m3[0]',
      'int m4[]',
      'int m5[]',
    ]);
  });

  it('names a variable after what it completes', () => {
    const location: Attribute = [At.location, Form.exprloc, Uint8Array.of(Op.addr, 0x40, 1, 0, 0)];
    const info = read(
      unit(
        int,
        {
          tag: Tag.variable,
          label: 'v',
          attributes: [named('v'), typed('int'), [At.declaration, Form.flagPresent, 0]],
        },
        { tag: Tag.variable, attributes: [[At.specification, Form.ref4, { label: 'v' }], location] },
      ),
    );
    expect(info.variable('v')).toMatchObject({ address: 0x140, type: { name: 'int' } });
  });

  it('has no address for a variable that the linker dropped', () => {
    const at = (...address: number[]): Attribute => [
      At.location,
      Form.exprloc,
      Uint8Array.of(Op.addr, ...address),
    ];
    const variable = (location: Attribute) =>
      read(unit(int, { tag: Tag.variable, attributes: [named('v'), typed('int'), location] })).variable('v');
    expect(variable(at(0xfe, 0xff, 0xff, 0xff)).address).toBe(0xffff_fffe);
    expect(() => variable(at(0xff, 0xff, 0xff, 0xff))).toThrow(
      expect.objectContaining({ code: 'E_UNKNOWN_VARIABLE' }),
    );
  });

  it('holds a reference across units to be from the start of the section', () => {
    const info = read(
      unit(
        int,
        struct('s', [
          { tag: Tag.member, attributes: [named('m'), [At.type, Form.refAddr, { label: 'int' }]] },
        ]),
      ),
    );
    expect(info.struct('s').members[0]!.type).toMatchObject({ name: 'int' });
  });
});
