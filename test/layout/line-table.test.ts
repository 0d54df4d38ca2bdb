// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { CodeMap } from '../../src/layout/code-map.js';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { at, BODY, codeModule, mapOf, span, word } from './code-module.js';
import { buildDwarf } from './dwarf-builder.js';
import { bad } from './dwarf-entries.js';

const text = (value: string) => [...Buffer.from(`${value}\0`)];

interface Program {
  readonly version?: number;
  readonly operationsAtOnce?: number;
  readonly lineRange?: number;
  readonly opcodeBase?: number;
  readonly files?: readonly number[];
  readonly headerLength?: number;
  readonly length?: number;
}

/** Directories `inc` and `/abs`; files a.c, inc/b.h, /abs/c.h and one of a directory that is not there. */
const FILES_4 = [
  ...text('inc'),
  ...text('/abs'),
  0,
  ...[['a.c', 0] as const, ['b.h', 1] as const, ['c.h', 2] as const, ['d.h', 9] as const].flatMap(
    ([name, directory]) => [...text(name), directory, 0, 0],
  ),
  0,
];

/** The same for version 5: columns path and directory, and for files some checksum, 16 bytes, as well. */
const FILES_5 = [
  ...[1, 1, Form.string, 3, ...text('.'), ...text('inc'), ...text('/abs')],
  ...[3, 1, Form.string, 2, Form.udata, 5, Form.data16, 4],
  ...[['a.c', 0] as const, ['b.h', 1] as const, ['c.h', 2] as const, ['d.h', 9] as const].flatMap(
    ([name, directory]) => [...text(name), directory, ...new Array(16).fill(7)],
  ),
];

/** Line programs by the letter of the specification: a line base of -3, special opcodes from 13 on. */
function program(opcodes: readonly number[], options: Program = {}): number[] {
  const { version = 4, operationsAtOnce = 1, lineRange = 12, opcodeBase = 13 } = options;
  const operands = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1].slice(0, opcodeBase - 1);
  const files = options.files ?? (version === 5 ? FILES_5 : FILES_4);
  const header = [1, operationsAtOnce, 1, 0xfd, lineRange, opcodeBase, ...operands, ...files];
  const rest = [
    ...(version === 5 ? [4, 0] : []),
    ...word(options.headerLength ?? header.length),
    ...header,
    ...opcodes,
  ];
  return [...word(options.length ?? rest.length + 2), version, 0, ...rest];
}

const setAddress = (address: number) => [0, 5, 2, ...word(address)];
const advance = (bytes: number) => [2, bytes];
const copy = 1;
const special = (bytes: number, lines: number) => 13 + bytes * 12 + lines + 3;
const endSequence = [0, 1, 1];
const simple = [...setAddress(BODY.low), copy, ...advance(60), ...endSequence];

const unit = [...span(BODY.low, BODY.high), [At.stmtList, Form.secOffset, 0] as const];

function placeOf(opcodes: readonly number[], address: number, options: Program = {}) {
  const sections = { '.debug_line': program(opcodes, options) };
  const [frame] = at(mapOf({ unit, sections, version: options.version ?? 4 }), address);
  return [frame?.file, frame?.line, ...(frame?.nearest ? ['nearest'] : [])];
}

describe('line programs', () => {
  const all = [
    ...setAddress(BODY.low),
    ...[3, 9, copy], // line 10
    special(4, 2), // +4: line 12
    ...[8, copy], // the advance of opcode 255, 20 bytes
    ...[9, 3, 0, 3, 0x7f, copy], // 3 bytes, line 11
    ...[5, 9, 6, 7, 10, 11, 12, 1], // column, statement, block, prologue, epilogue, ISA: of no interest
    ...[0, 2, 4, 5], // discriminator
    ...[0, 3, 0x80, 1, 2], // a vendor's
    ...[2, 5, 4, 2, 3, 0x76, copy], // 5 bytes, inc/b.h, line 1
    ...advance(4),
    ...endSequence,
    ...setAddress(50), // a new sequence begins at file 1, line 1
    special(0, 5),
    ...[...advance(2), ...endSequence],
  ];

  it.each([4, 5])('of version %i place what their rows cover', (version) => {
    const first = version === 5 ? 'inc/b.h' : 'a.c';
    const second = version === 5 ? '/abs/c.h' : 'inc/b.h';
    const rows = [
      ...[2, 5].map((address) => [address, first, 10] as const),
      ...[6, 25].map((address) => [address, first, 12] as const),
      ...[26, 28].map((address) => [address, first, 12] as const),
      ...[29, 33].map((address) => [address, first, 11] as const),
      ...[34, 37].map((address) => [address, second, 1] as const),
      // Between them, what comes before is the nearest.
      ...[38, 49].map((address) => [address, second, 1, 'nearest'] as const),
      ...[50, 51].map((address) => [address, first, 6] as const),
      [52, first, 6, 'nearest'] as const,
    ];
    for (const [address, ...place] of rows)
      expect(placeOf(all, address, { version }), `address ${address}`).toEqual(place);
  });

  it('may have files of absolute paths, of no directory, and none of a number', () => {
    const file = (number: number) => placeOf([...setAddress(2), 4, number, ...simple.slice(7)], 2)[0];
    expect([1, 2, 3, 4, 5, 0].map(file)).toEqual(['a.c', 'inc/b.h', '/abs/c.h', 'd.h', null, null]);
  });

  it('of equal addresses, have the last row count', () => {
    expect(placeOf([...setAddress(2), copy, 3, 7, ...simple.slice(7)], 2)).toEqual(['a.c', 8]);
  });

  it('have the nearest line for code of no line: the one before, or else behind it', () => {
    const none = [3, 0x7f, copy];
    const some = [3, 5, copy];
    const ends = [...advance(10), ...endSequence];
    const start = setAddress(2);
    expect(placeOf([...start, ...none, ...ends], 3)).toEqual(['a.c', null]);
    expect(placeOf([...start, ...none, ...advance(4), ...some, ...ends], 3)).toEqual(['a.c', 5, 'nearest']);
    const between = [...start, ...some, ...advance(4), 3, 0x7a, copy, ...advance(4), ...some, ...ends];
    expect(placeOf(between, 7)).toEqual(['a.c', 6, 'nearest']);
    expect(placeOf(between, 11)).toEqual(['a.c', 5]);
  });

  it('may describe code that the linker has dropped', () => {
    const dropped = [...setAddress(0xffff_ffff), copy, ...advance(60), ...endSequence];
    expect(placeOf([...dropped, ...simple, ...dropped], 30)).toEqual(['a.c', 1]);
  });

  it('may be missing', () => {
    expect(at(mapOf({}), 30)).toEqual([{ function: 'f', file: null, line: null }]);
  });
});

describe('corrupt line programs are refused', () => {
  it.each<[string, readonly number[], Program]>([
    ['version 3', simple, { version: 3 }],
    ['version 6', simple, { version: 6 }],
    ['64-bit', simple, { length: 0xffff_ffff }],
    ['overruns the section', simple, { length: 5000 }],
    ['header overruns', simple, { headerLength: 500 }],
    ['header overruns', simple, { headerLength: 9 }],
    ['VLIW', simple, { operationsAtOnce: 4 }],
    ['without opcodes', simple, { lineRange: 0 }],
    ['without opcodes', simple, { opcodeBase: 0 }],
    ['goes back', [...setAddress(30), copy, ...setAddress(29), copy, ...endSequence], {}],
    ['without an end', simple.slice(0, -3), {}],
    ['opcode that overruns', [0, 99, 1], {}],
    ['opcode that overruns', [0, 0, 1], {}],
    ['no names', simple, { version: 5, files: [0, 0xff, 0xff, 0xff, 0x7f] }],
    ['no names', simple, { version: 5, files: [1, 5, Form.flagPresent, 0xff, 0xff, 0xff, 0x7f] }],
    ['no names', simple, { version: 5, files: [1, 1, Form.string, 0xff, 0xff, 0xff, 0xff, 0x7f] }],
    ['name of the form', simple, { version: 5, files: [1, 1, Form.udata, 1, 0] }],
    [
      'directory index of the form',
      simple,
      { version: 5, files: [2, 2, Form.string, 1, Form.string, 1, 0x61, 0] },
    ],
  ])('%s', (message, opcodes, options) => {
    const sections = { '.debug_line': program(opcodes, options) };
    const version = options.version === 5 ? 5 : 4;
    expect(() => at(mapOf({ unit, sections, version }), 30)).toThrow(bad(message));
  });

  it('that overlap', () => {
    const inside = program(simple);
    const outside = program([0, inside.length + 1, 0x80, ...inside, ...simple]);
    const offset = outside.length - simple.length - inside.length;
    const unitOf = (low: number, high: number, offset: number) =>
      buildDwarf({
        tag: 0x11,
        attributes: [...span(low, high), [At.stmtList, Form.secOffset, offset]],
        children: [{ tag: Tag.subprogram, attributes: span(low, high) }],
      });
    const sections = unitOf(BODY.low, 30, 0);
    const other = unitOf(30, BODY.high, offset);
    sections.set('.debug_info', Buffer.concat([sections.get('.debug_info')!, other.get('.debug_info')!]));
    sections.set('.debug_line', Uint8Array.from(outside));
    const map = CodeMap.fromWasm(codeModule(sections));
    expect(at(map, 29)[0]?.line).toBe(1);
    expect(() => at(map, 30)).toThrow(bad('line programs that overlap'));
  });

  it('that are missing', () => {
    expect(() => at(mapOf({ unit, version: 4 }), 30)).toThrow(bad('lacks the section .debug_line'));
  });
});
