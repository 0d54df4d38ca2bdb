// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { At, Form, Rle, Tag } from '../../src/layout/dwarf/constants.js';
import { at, BODY, type Described, mapOf, named, span, whole, word } from './code-module.js';
import type { Attribute, Entry } from './dwarf-builder.js';
import { bad } from './dwarf-entries.js';

const inlined = (...attributes: Attribute[]): Entry => {
  return { tag: Tag.inlinedSubroutine, attributes: [named('g'), ...attributes] };
};
const listed = (offset: number): Attribute => [At.ranges, Form.secOffset, offset];

/** The addresses that the inlined function has. */
function covered(described: Described, attribute = listed(0)): number[] {
  const map = mapOf({ ...described, functions: [whole(inlined(attribute))] });
  const addresses = Array.from({ length: BODY.high - BODY.low }, (_, i) => BODY.low + i);
  return addresses.filter((address) => at(map, address)[0]?.function === 'g');
}

const through = (low: number, end: number) => Array.from({ length: end - low }, (_, i) => low + i);

describe('ranges', () => {
  const pairs = (...words: number[]) => ({ version: 4, sections: { '.debug_ranges': words.flatMap(word) } });

  it('of DWARF 4 are counted from the unit’s address, and from the base that an entry sets', () => {
    const [low, high] = [BODY.low, BODY.high];
    expect(covered(pairs(8, 10, 3, 3, 0xffff_ffff, 40, 0, 1, 5, 7, 0, 0, 1, 9))).toEqual([
      ...through(low + 8, low + 10),
      40,
      ...through(45, 47),
    ]);
    expect(covered(pairs(0, high, 0, 0))).toEqual(through(low, high));
  });

  it('of DWARF 4 leave out what the linker has dropped', () => {
    expect(covered(pairs(0xffff_fffe, 0xffff_fffe, 0xffff_fff0, 0xffff_fff4, 1, 2, 0, 0))).toEqual([3]);
  });

  it('of DWARF 5 may be encoded in each of its ways', () => {
    const list = [
      ...[Rle.offsetPair, 1, 2],
      ...[Rle.baseAddressx, 0, Rle.offsetPair, 0, 1], // 10
      ...[Rle.baseAddress, ...word(20), Rle.offsetPair, 1, 3],
      ...[Rle.startxEndx, 0, 1], // 10 to 12
      ...[Rle.startxLength, 2, 1], // 30
      ...[Rle.startEnd, ...word(40), ...word(42)],
      ...[Rle.startLength, ...word(50), 3],
      Rle.endOfList,
    ];
    const sections = {
      '.debug_rnglists': [0, 0, 0, 0, 99, ...word(8), ...word(0), ...list],
      '.debug_addr': [10, 12, 30].flatMap(word),
    };
    const unit: Attribute[] = [
      ...span(BODY.low, BODY.high),
      [At.addrBase, Form.secOffset, 0],
      [At.rnglistsBase, Form.secOffset, 5],
    ];
    const expected = [3, 10, 11, 21, 22, 30, 40, 41, 50, 51, 52];
    expect(covered({ unit, sections }, listed(13))).toEqual(expected);
    // By its index, whose offsets count from the base.
    expect(covered({ unit, sections }, [At.ranges, Form.rnglistx, 0])).toEqual(expected);
  });

  it('may be one, whose ends are an address and a size, two addresses, or an index and a size', () => {
    const only = (...attributes: Attribute[]) => {
      const unit: Attribute[] = [...span(BODY.low, BODY.high), [At.addrBase, Form.secOffset, 0]];
      const sections = { '.debug_addr': word(7) };
      const map = mapOf({ unit, sections, functions: [whole(inlined(...attributes))] });
      return [6, 7, 8, 9].filter((address) => at(map, address)[0]?.function === 'g');
    };
    expect(only(...span(7, 9))).toEqual([7, 8]);
    expect(only([At.lowPc, Form.addr, 7], [At.highPc, Form.addr, 9])).toEqual([7, 8]);
    expect(only([At.lowPc, Form.addrx, 0], [At.highPc, Form.udata, 2])).toEqual([7, 8]);
    expect(only([At.lowPc, Form.addrx1, 0], [At.highPc, Form.data1, 2])).toEqual([7, 8]);
    expect(only([At.lowPc, Form.addr, 7])).toEqual([]);
    expect(only([At.lowPc, Form.addr, 9], [At.highPc, Form.addr, 7])).toEqual([]);
  });

  it('of 64-bit addresses are none of this module', () => {
    const far: Attribute = [At.lowPc, Form.addr, 2n ** 60n];
    const map = mapOf({ unit: [far, [At.highPc, Form.data4, 9]], addressSize: 8 });
    expect(at(map, 30)).toEqual([{ function: 'wasm-function[0]', file: null, line: null }]);
  });

  it('of siblings and of blocks are distinguished', () => {
    const inner = inlined(...span(20, 30));
    const block: Entry = { tag: 0x0b, attributes: span(10, 40), children: [inner] };
    const dropped: Entry = {
      tag: Tag.subprogram,
      attributes: [named('dead'), ...span(0xffff_fffe, 2 ** 32 - 1)],
    };
    const map = mapOf({ functions: [dropped, whole(block, inlined(...span(50, 51)))] });
    expect([19, 20, 29, 30, 50, 51].map((address) => at(map, address).length)).toEqual([1, 2, 2, 1, 2, 1]);
  });
});

describe('corrupt ranges are refused', () => {
  it('of an unknown kind', () => {
    expect(() => covered({ sections: { '.debug_rnglists': [9, 0] } })).toThrow(bad('unknown kind 0x9'));
  });

  it('without an end, or elsewhere', () => {
    const sections = { '.debug_ranges': word(1) };
    expect(() => covered({ version: 4, sections })).toThrow(bad('ends too early'));
    expect(() => covered({ version: 4, sections }, listed(99))).toThrow(bad('points outside'));
    expect(() => covered({ version: 4 })).toThrow(bad('lacks the section .debug_ranges'));
  });

  it('by an index that is counted from nowhere', () => {
    expect(() => covered({}, [At.ranges, Form.rnglistx, 0])).toThrow(bad('without the base'));
  });

  it('that overlap', () => {
    const words = [...Array.from({ length: 40 }, (_, i) => i + 1), 0, 0];
    const sections = { '.debug_ranges': words.flatMap(word) };
    const children = Array.from({ length: 20 }, (_, i) => inlined(listed(8 * i)));
    expect(() => at(mapOf({ version: 4, sections, functions: [whole(...children)] }), 30)).toThrow(
      bad('range lists that overlap'),
    );
  });
});
