// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { Kind } from '../../src/layout/btf/constants.js';
import { BtfInfo } from '../../src/layout/btf.js';
import { At, Form, Op, Tag } from '../../src/layout/dwarf/constants.js';
import { spell } from '../../src/layout/spell.js';
import { BtfBuilder } from './btf-builder.js';
import { outcomesOf } from './chain.js';
import type { Attribute, Entry } from './dwarf-builder.js';
import { bad, int, member, named, read, struct, typed, unit } from './dwarf-entries.js';

/** BTF with one struct that all is asked of. */
function outcomes(build: (btf: BtfBuilder, int: number) => void): Record<string, string> {
  const btf = new BtfBuilder();
  build(btf, btf.int('int', 4));
  const info = new BtfInfo(btf.bytes());
  return outcomesOf(info.struct('s'), info);
}

const all = (outcome: string, but: Record<string, string> = {}) => ({
  ...{ pahole: outcome, text: outcome, json: outcome, c: outcome, map: outcome },
  ...but,
});

/** A struct of the size given, or with a member at the offset given, as no BTF can have it. */
function wide(size: number | bigint, ...at: (number | bigint)[]) {
  const size8: Attribute = [At.byteSize, Form.data8, size];
  const members = at.map((offset, i) => member(`m${i}`, 'int', [At.dataMemberLocation, Form.data8, offset]));
  return read(unit(int, { tag: Tag.structureType, attributes: [named('s'), size8], children: members }), {
    addressSize: 8,
  });
}

describe('what a few bytes can claim', () => {
  it('a struct, a gap and an offset beyond all memory', () => {
    const size = 2 ** 40;
    const far = wide(size, 0, size - 4);
    expect(outcomesOf(far.struct('s'), far)).toEqual(
      all('text', { c: 'E_LARGE_STRUCT', map: 'E_LARGE_STRUCT' }),
    );
    const padded = wide(size, 0);
    expect(outcomesOf(padded.struct('s'), padded)).toEqual(
      all('text', {
        pahole: 'E_LARGE_STRUCT',
        text: 'E_LARGE_STRUCT',
        c: 'E_LARGE_STRUCT',
        map: 'E_LARGE_STRUCT',
      }),
    );
    const outside = wide(4, 2 ** 41);
    expect(outcomesOf(outside.struct('s'), outside)).toMatchObject({ json: 'text', map: 'E_LARGE_STRUCT' });
    for (const beyond of [2n ** 60n, 2n ** 43n])
      expect(() => wide(8, beyond).struct('s')).toThrow(bad('impossible size or offset'));
    expect(() => wide(2n ** 60n).struct('s')).toThrow(bad('impossible size or offset'));
  });

  it('a member of no bytes behind a gap of millions', () => {
    const outcome = outcomes((btf, int) => {
      const none = btf.array(int, 0);
      btf.struct('s', 4, [
        { name: 'm', type: int, at: 0 },
        { name: 'none', type: none, at: 2 ** 31 },
      ]);
    });
    expect(outcome).toEqual(all('text', { c: 'E_LARGE_STRUCT', map: 'E_LARGE_STRUCT' }));
  });

  it('an offset by an expression beyond all memory', () => {
    const expression = Uint8Array.of(Op.plusUconst, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
    const far = member('m', 'int', [At.dataMemberLocation, Form.exprloc, expression]);
    expect(() => read(unit(int, struct('s', [far]))).struct('s')).toThrow(bad('place is computed'));
  });

  it('an array of 2^31 elements', () => {
    const outcome = outcomes((btf, int) => {
      btf.struct('s', 0xffff_fffc, [{ name: 'a', type: btf.array(int, 2 ** 29), at: 0 }]);
    });
    expect(outcome).toMatchObject({ json: 'text', map: 'E_LARGE_STRUCT' });
    const far = { name: 'a', at: 0 };
    expect(outcomes((btf, int) => btf.struct('s', 4, [{ ...far, type: btf.array(int, 2 ** 31) }]))).toEqual(
      all('text', { c: 'E_NO_DECLARATION', map: 'E_LARGE_STRUCT' }),
    );
  });

  it('members that overlap in a struct', () => {
    const outcome = outcomes((btf, int) => {
      btf.struct(
        's',
        4,
        [0, 0, 0].map((at, i) => ({ name: `m${i}`, type: int, at })),
      );
    });
    expect(outcome).toEqual(all('text', { c: 'E_NO_DECLARATION' }));
  });

  it('types without a tag, each twice in the next', () => {
    // Two to the sixtieth fields of no bytes.
    const outcome = outcomes((btf) => {
      let inner = btf.struct('', 0, []);
      for (let i = 0; i < 60; i++)
        inner = btf.struct(
          '',
          0,
          ['a', 'b'].map((name) => ({ name, type: inner, at: 0 })),
        );
      btf.struct('s', 0, [{ name: '', type: inner, at: 0 }]);
    });
    expect(outcome).toEqual(all('E_LARGE_STRUCT'));
  });

  it('structs with a tag, each twice in the next', () => {
    const outcome = outcomes((btf, int) => {
      let inner = int;
      for (let i = 0; i < 150; i++)
        inner = btf.struct(
          i === 149 ? 's' : `s${i}`,
          4,
          ['a', 'b'].map((name) => ({ name, type: inner, at: 0 })),
          Kind.union,
        );
    });
    expect(outcome).toEqual(all('text'));
  });

  it('unions in unions, as deep as is read and deeper', () => {
    const nested = (depth: number) => () =>
      outcomes((btf, int) => {
        let inner = int;
        for (let i = 0; i < depth; i++)
          inner = btf.struct('', 4, [{ name: '', type: inner, at: 0 }], Kind.union);
        btf.struct('s', 4, [{ name: 'u', type: inner, at: 0 }]);
      });
    expect(nested(190)()).toEqual(all('text'));
    expect(nested(1000)).toThrow(expect.objectContaining({ code: 'E_BAD_BTF' }));
  });

  it('a type without a tag that points to itself', () => {
    // Its pointer's id is the next but one.
    const outcome = outcomes((btf) => {
      btf.struct('', 8, [{ name: 'next', type: btf.extent.types + 2, at: 0 }]);
      btf.pointer(btf.extent.types);
      btf.struct('s', 8, [{ name: 'p', type: btf.extent.types, at: 0 }]);
    });
    expect(outcome).toEqual(all('E_LARGE_STRUCT'));
  });

  it('a function that takes itself twice', () => {
    const btf = new BtfBuilder();
    const own = btf.extent.types + 1;
    const pointer = btf.pointer(own + 1);
    btf.prototype(0, [
      ['a', pointer],
      ['b', pointer],
    ]);
    btf.struct('s', 8, [{ name: 'call', type: pointer, at: 0 }]);
    const info = new BtfInfo(btf.bytes());
    const struct = info.struct('s');
    expect(spell(struct.members[0]!.type)).toContain('…');
    expect(outcomesOf(struct, info)).toEqual(all('E_LARGE_STRUCT'));
  });

  it('typedefs that lead to each other by pointers', () => {
    const chain = (count: number, last: (btf: BtfBuilder, int: number) => number) =>
      outcomes((btf, int) => {
        let target = last(btf, int);
        for (let i = 0; i < count; i++) target = btf.add(Kind.typedef, `t${i}`, btf.pointer(target));
        btf.struct('s', 8, [{ name: 'p', type: target, at: 0 }]);
      });
    expect(chain(100, (_, int) => int)).toEqual(all('text'));
    expect(chain(20_000, (_, int) => int)).toEqual(all('text', { c: 'E_LARGE_STRUCT' }));
    // The first typedef is of a pointer to itself.
    expect(chain(1, (btf) => btf.extent.types + 2)).toEqual(all('text'));
  });

  it('as many bit-fields and enumerators as there can be', () => {
    const many = Array.from({ length: 65_535 }, (_, i) => i);
    const outcome = outcomes((btf, int) => {
      btf.struct(
        's',
        8192,
        many.map((at) => ({ name: `m${at}`, type: int, at, bits: 1 })),
      );
    });
    expect(outcome).toEqual(all('text'));
    const enums = outcomes((btf) => {
      const one = btf.add(
        Kind.enum,
        '',
        4,
        many.flatMap((value) => [btf.text(`E${value}`), value]),
        many.length,
      );
      btf.struct(
        's',
        4,
        many.map((i) => ({ name: `m${i}`, type: one, at: 0 })),
        Kind.union,
      );
    });
    expect(enums).toEqual(all('E_LARGE_STRUCT'));
  });

  it('DWARF of types without a tag, each twice in the next', () => {
    const nested = Array.from({ length: 60 }, (_, i): Entry => {
      const inner = i === 59 ? 'int' : `t${i + 1}`;
      return { tag: Tag.structureType, label: `t${i}`, children: [member('a', inner), member('b', inner)] };
    });
    const outer: Entry = { tag: Tag.structureType, attributes: [named('s')], children: [member('m', 't0')] };
    const info = read(unit(int, ...nested, outer));
    expect(outcomesOf(info.struct('s'), info)).toEqual(all('E_LARGE_STRUCT'));
  });

  it('a declaration that thousands of units define', () => {
    const pointer: Entry = { tag: Tag.pointerType, label: 'p', attributes: [typed('declared')] };
    const declared: Entry = {
      tag: Tag.structureType,
      label: 'declared',
      attributes: [named('d'), [At.declaration, Form.flagPresent, 0]],
    };
    const definitions = Array.from({ length: 3000 }, () => struct('d', [member('m', 'int')]));
    const info = read(unit(int, pointer, declared, ...definitions, struct('s', [member('p', 'p')], 8)));
    expect(outcomesOf(info.struct('s'), info)).toMatchObject({ pahole: 'text', c: expect.any(String) });
  });
});
