// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import type { CodeFrame } from '../../src/layout/code-map.js';
import { fieldsOf } from '../../src/layout/fields.js';
import {
  type BytesOf,
  commonLocks,
  fieldUses,
  type Hazard,
  hazardChange,
  hazardsOf,
  sharedPairs,
  type TouchedBy,
} from '../../src/layout/hazards.js';
import type { BaseType, ByteRange, Member, StructType, Type } from '../../src/layout/types.js';
import {
  type ActorWrite,
  type DriverAccesses,
  type DriverWrite,
  FieldFinder,
  ownerOf,
  type UnorderedWrite,
  type UnorderedWrites,
  type WriterLock,
} from '../../src/layout/writes.js';

const bool: BaseType = { kind: 'base', name: '_Bool', size: 1, encoding: 'bool' };
const int: BaseType = { kind: 'base', name: 'int', size: 4, encoding: 'signed' };

const whole = (name: string | null, type: Type, offset: number): Member => ({
  name,
  type,
  offset,
  bit: null,
  bits: null,
  storage: null,
});

const flag = (name: string, offset: number, bit: number): Member => ({
  ...whole(name, bool, offset),
  bit,
  bits: 1,
  storage: { offset, size: 1 },
});

const struct = (name: string | null, size: number, ...members: readonly Member[]): StructType => ({
  kind: 'struct',
  name,
  size,
  complete: true,
  members,
});

/** Two bytes of flags, a byte of its own, and a number. */
const device = struct(
  'device',
  8,
  flag('a', 0, 0),
  flag('b', 0, 1),
  flag('c', 1, 0),
  whole('own', bool, 2),
  whole('count', int, 4),
);
const card = struct('card', 16, whole('id', int, 0), whole('core', device, 4), whole('irq', int, 12));
const row: Type = { kind: 'array', size: 16, element: device, count: 2 };
const board = struct('board', 20, whole('first', int, 0), whole('both', row, 4));
const structs = new Map([device, card, board].map((one) => [one.name, one]));

const finder = new FieldFinder(device, (tag) => structs.get(tag) ?? null);
const paths = fieldsOf(device).map(({ path }) => path);

/** The layout of {@link device}: each field touched as it lies. */
const bytesOf: BytesOf = (path) => {
  const field = fieldsOf(device).find((one) => one.path === path);
  return field === undefined ? null : { offset: field.offset, size: field.bits === null ? field.size : 1 };
};
/** Bit-fields all in one access. */
const wide: TouchedBy = (path) => ('abc'.includes(path) ? { offset: 0, size: 2 } : bytesOf(path));

const frame = (name: string, file: string | null = 'driver.c', line = 1): CodeFrame => ({
  function: name,
  file,
  line,
});

const open: Omit<DriverAccesses, 'writes' | 'unordered' | 'acted'> = {
  ran: [],
  explored: [],
  bounded: [],
};
const accesses = (some: Partial<DriverAccesses>): DriverAccesses => ({
  writes: [],
  unordered: [],
  acted: [],
  ...open,
  ...some,
});

const place = { tag: 'device', offset: 0, bytes: 1, mask: 1n, unsure: 0n, stack: [frame('f')] };
const side = (actor: string, rest: Partial<UnorderedWrite>): UnorderedWrite => ({
  ...place,
  actor,
  op: 'config_write',
  context: 'process',
  locks: [],
  ...rest,
});
const met = (
  one: Partial<UnorderedWrite>,
  other: Partial<UnorderedWrite>,
  scenario = 'race',
): UnorderedWrites => ({ scenario, schedule: `${scenario}@1`, sides: [side('x', one), side('y', other)] });
const written = (rest: Partial<DriverWrite>): DriverWrite => ({
  ...place,
  context: 'process',
  locks: [],
  phase: 'run time',
  op: 'ioctl',
  ...rest,
});
const acted = (actor: string, rest: Partial<ActorWrite>): ActorWrite => ({
  ...place,
  scenario: 'race',
  actor,
  object: 'A',
  ...rest,
});

/** A read-modify-write of each flag, whole-byte stores, and a memset of the struct. */
const a = { mask: 1n };
const b = { mask: 2n };
const c = { offset: 1, mask: 1n };
const own = { offset: 2, mask: 0xffn };
const count = { offset: 4, bytes: 4, mask: 0xffff_ffffn };
const all = { bytes: 8, mask: -1n };

const hazards = (unordered: readonly UnorderedWrites[], touched: TouchedBy = bytesOf, of = bytesOf) =>
  hazardsOf(accesses({ unordered }), finder, paths, touched, of);
/** Their fields, victims and bytes, in short. */
const brief = (found: readonly Hazard[]) =>
  found.map(
    ({ fields, victims, shared }) =>
      `${fields.join(' ')}: ${victims.join(' ')} @${shared.offset}+${shared.size}`,
  );

describe('which fields a write is of', () => {
  it.each<[string, object, readonly string[], readonly string[]]>([
    ['a read-modify-write of one flag', a, ['a'], ['b']],
    ['of several', { mask: 3n }, ['a', 'b'], []],
    ['of a span over two bytes', { bytes: 2, mask: 2n }, ['b'], ['a', 'c']],
    ['of bits that nothing lies in', { mask: 0x80n }, [], ['a', 'b']],
    ['a store of a whole field', own, ['own'], []],
    ['a part of a field', { offset: 5, bytes: 1, mask: 0xffn }, ['count'], []],
    ['a memset', all, paths, []],
    ['one beyond the end', { offset: 4, bytes: 400, mask: -1n }, ['count'], []],
    ['padding', { offset: 3, mask: 0xffn }, [], []],
  ])('%s', (_, rest, meant, disturbed) => {
    expect(finder.find({ ...place, ...rest })).toMatchObject([{ meant, disturbed }]);
  });

  it('is not known of one that means one field or another', () => {
    const found = (rest: object) => finder.find({ ...place, ...rest })[0];
    const [either, alsoC] = [
      { mask: 3n, unsure: 3n },
      { bytes: 2, mask: 0x103n, unsure: 3n },
    ];
    expect(found(either)).toMatchObject({ meant: [], perhaps: ['a', 'b'], disturbed: [] });
    expect(found(alsoC)).toMatchObject({ meant: ['c'], perhaps: ['a', 'b'], disturbed: [] });
    // What is left of one field alone is meant: a store is of something.
    expect(found({ mask: 1n, unsure: 1n })).toMatchObject({ meant: ['a'], perhaps: [], disturbed: ['b'] });
  });

  it('is none behind the struct, nor in a struct that does not hold it', () => {
    expect(finder.find({ ...place, offset: 8 })).toEqual([]);
    expect(finder.find({ ...place, tag: 'other' })).toEqual([]);
  });

  it('finds the struct in another, by bytes of its own', () => {
    expect(finder.find({ ...place, tag: 'card', offset: 5, mask: 1n })).toEqual([
      { start: 4, offset: 1, bytes: 1, meant: ['c'], perhaps: [], disturbed: [] },
    ]);
    expect(finder.find({ ...place, tag: 'card', offset: 12 })).toEqual([]);
    // A word whose upper half alone is the struct's.
    expect(finder.find({ ...place, tag: 'card', offset: 2, bytes: 4, mask: 1n << 16n })).toEqual([
      { start: 4, offset: -2, bytes: 4, meant: ['a'], perhaps: [], disturbed: ['b', 'c'] },
    ]);
  });

  it('finds each one of an array', () => {
    expect(finder.find({ ...place, tag: 'board', offset: 12 })).toEqual([
      { start: 12, offset: 0, bytes: 1, meant: ['a'], perhaps: [], disturbed: ['b'] },
    ]);
    const both = finder.find({ tag: 'board', offset: 0, bytes: 20, mask: -1n, unsure: 0n, stack: [] });
    expect(both.map(({ start, meant }) => [start, meant])).toEqual([
      [4, paths],
      [12, paths],
    ]);
  });
});

describe('whose code it is', () => {
  const helper = frame('list_add', 'include/linux/list.h');

  it('is the innermost function of the driver, headers being of who calls them', () => {
    expect(ownerOf([frame('f', 'driver.c', 7)])).toEqual({
      function: 'f',
      inside: null,
      file: 'driver.c',
      line: 7,
    });
    expect(ownerOf([helper, frame('f', 'driver.c', 7), frame('g')])).toEqual({
      function: 'f',
      inside: 'g',
      file: 'driver.c',
      line: 7,
    });
    expect(ownerOf([helper, frame('g')])).toMatchObject({ function: 'g', inside: null });
  });

  it('is the header where there is nothing else, and unknown where there is nothing', () => {
    expect(ownerOf([helper])).toMatchObject({ function: 'list_add', inside: null });
    expect(ownerOf([frame('f', null)])).toMatchObject({ function: 'f', file: null });
    expect(ownerOf([])).toEqual({ function: '?', inside: null, file: null, line: null });
  });
});

describe('hazards', () => {
  it('are of two flags of one byte, either of which can be lost', () => {
    expect(brief(hazards([met(a, b)]))).toEqual(['a b: a b @0+1']);
    expect(brief(hazards([met(b, a)]))).toEqual(['a b: a b @0+1']);
  });

  it('have no victim that is written by the other side too', () => {
    expect(hazards([met(a, a)])).toEqual([]);
    expect(hazards([met(all, all)])).toEqual([]);
    expect(hazards([met({ mask: 3n }, { mask: 3n })])).toEqual([]);
    // What only one of them means can be lost to it all the same.
    expect(brief(hazards([met({ mask: 3n }, b)]))).toEqual(['a b: a @0+1']);
  });

  it('are none of fields that lie apart', () => {
    expect(hazards([met(a, own)])).toEqual([]);
    expect(hazards([met(own, count)])).toEqual([]);
    expect(hazards([met(a, c)])).toEqual([]);
  });

  it('have a direction: a store of a whole byte writes nothing of others back', () => {
    const touched: TouchedBy = (path) => (path === 'a' ? { offset: 0, size: 4 } : bytesOf(path));
    const found = hazards([met({ bytes: 4, mask: 1n }, own)], touched);
    expect(brief(found)).toEqual(['a own: own @2+1']);
    expect(brief(hazards([met(own, { bytes: 4, mask: 1n })], touched))).toEqual(['a own: own @2+1']);
  });

  it('have all that a memset means on its side', () => {
    // It loses no update of `a` to itself, but `b`, which it clears, is lost to who writes `a`.
    expect(brief(hazards([met(a, all)]))).toEqual(['a b: b @0+1']);
  });

  it('are asked of the layout that is given', () => {
    const seen = [met(a, c), met(a, b)];
    expect(brief(hazards(seen))).toEqual(['a b: a b @0+1']);
    expect(brief(hazards(seen, wide))).toEqual(['a b: a b @0+2', 'a c: a c @0+2']);
    const apart = (path: string): ByteRange => ({ offset: paths.indexOf(path), size: 1 });
    expect(hazards(seen, apart, apart)).toEqual([]);
    const without: BytesOf = (path) => (path === 'b' ? null : bytesOf(path));
    expect(hazards(seen, without, without)).toEqual([]);
  });

  it('need both writes in one struct', () => {
    const first = { tag: 'board', offset: 4 };
    const second = { tag: 'board', offset: 12 };
    expect(hazards([met({ ...first, ...a, offset: 4 }, { ...second, mask: 2n })])).toEqual([]);
    expect(brief(hazards([met({ ...second, mask: 1n }, { ...second, mask: 2n })]))).toEqual([
      'a b: a b @0+1',
    ]);
    expect(brief(hazards([met({ tag: 'card', offset: 4 }, { tag: 'card', offset: 4, mask: 2n })]))).toEqual([
      'a b: a b @0+1',
    ]);
  });

  it('come in the order of the struct, each once', () => {
    const seen = [met(c, b), met(b, a), met(a, c), met(c, a)];
    expect(hazards(seen, wide).map(({ fields }) => fields)).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ]);
  });

  it('name the writers, a pair of functions once', () => {
    const of = (name: string, rest: object) => ({ ...rest, stack: [frame(name)] });
    const [found] = hazards([
      met(of('f', a), of('g', b), 'first'),
      met(of('g', b), of('f', a), 'second'),
      met(of('f', a), of('h', b), 'third'),
    ]);
    expect(found!.evidence).toMatchObject([
      {
        scenario: 'first',
        schedule: 'first@1',
        sides: [
          { actor: 'x', op: 'config_write', function: 'f', fields: ['a'] },
          { actor: 'y', function: 'g', fields: ['b'] },
        ],
      },
      { scenario: 'third', sides: [{ function: 'f' }, { function: 'h' }] },
    ]);
  });

  it('name each field of a side once', () => {
    const both = { tag: 'board', offset: 4, bytes: 16, mask: -1n };
    const [found] = hazards([met({ tag: 'board', offset: 12 }, both)]);
    expect(found!.evidence[0]!.sides.map(({ fields }) => fields)).toEqual([['a'], paths]);
  });

  it('are gone and added by their fields', () => {
    const before = hazards([met(a, b)]);
    const after = hazards([met(a, b), met(a, c)], wide);
    expect(hazardChange(before, after)).toMatchObject({ gone: [], added: [{ fields: ['a', 'c'] }] });
    expect(hazardChange(after, before)).toMatchObject({ gone: [{ fields: ['a', 'c'] }], added: [] });
    expect(hazardChange(after, after)).toEqual({ gone: [], added: [] });
    // Nobody has looked at it afterwards: it may be there.
    const pair = { fields: ['a', 'c'], locks: [], together: [] } as const;
    expect(hazardChange(after, before, [{ ...pair, verdict: 'unseen' }]).gone).toEqual([]);
    expect(hazardChange(after, before, [{ ...pair, verdict: 'no' }]).gone).toHaveLength(1);
  });
});

const lock = (name: string, shared = false): WriterLock => ({ name, shared });
const uses = (...writes: readonly Partial<DriverWrite>[]) =>
  fieldUses(accesses({ writes: writes.map(written) }), finder, paths);

describe('how a field is used', () => {
  it('is in the order of the struct, by who writes it', () => {
    const found = uses(own, { mask: 3n });
    expect(found.map(({ path }) => path)).toEqual(['a', 'b', 'own']);
    // What is only written back is not written.
    expect(uses(a).map(({ path }) => path)).toEqual(['a']);
    expect(uses(all).map(({ path }) => path)).toEqual(paths);
    expect(uses({ tag: 'other' })).toEqual([]);
  });

  it('is run time as soon as one writer is', () => {
    expect(uses({ phase: 'set-up' }, { phase: 'release' })).toMatchObject([{ class: 'set-up/release' }]);
    expect(uses({ phase: 'set-up' }, { phase: 'run time' })).toMatchObject([{ class: 'run time' }]);
  });

  it('puts lines and steps of one way to write together', () => {
    const [{ writers }] = uses(
      { stack: [frame('f', 'driver.c', 1)], op: 'open' },
      { stack: [frame('f', 'driver.c', 2)], op: 'close' },
      { stack: [frame('f', 'driver.c', 2)], op: 'open' },
      { stack: [frame('f'), frame('g')], op: 'open' },
      { context: 'irq' },
      { locks: [lock('m')] },
      { locks: [lock('m', true)] },
    ) as [ReturnType<typeof uses>[number]];
    expect(writers.map(({ ops }) => ops)).toEqual([
      ['open', 'close'],
      ['open'],
      ['ioctl'],
      ['ioctl'],
      ['ioctl'],
    ]);
    expect(writers[0]).not.toHaveProperty('line');
    expect(writers[1]).toMatchObject({ function: 'f', inside: 'g' });
  });

  it('has the bytes of code that means it alone', () => {
    const spanOf = (...writes: readonly Partial<DriverWrite>[]) => uses(...writes)[0]!.span;
    expect(spanOf(a)).toEqual({ offset: 0, size: 1 });
    expect(spanOf(a, { bytes: 2, mask: 1n })).toEqual({ offset: 0, size: 2 });
    expect(spanOf({ mask: 3n })).toBe(null);
    expect(spanOf(all)).toBe(null);
    expect(spanOf(all, a)).toEqual({ offset: 0, size: 1 });
    expect(spanOf({ tag: 'card', offset: 4, bytes: 2, mask: 1n })).toEqual({ offset: 0, size: 2 });
  });
});

describe('locks that all hold', () => {
  it('are those that each holds alone, whatever their order', () => {
    const holders = [{ locks: [lock('m'), lock('n')] }, { locks: [lock('n'), lock('m'), lock('o')] }];
    expect(commonLocks(holders)).toEqual(['m', 'n']);
    expect(commonLocks([...holders, { locks: [lock('n')] }])).toEqual(['n']);
    expect(commonLocks([...holders, { locks: [] }])).toEqual([]);
    expect(commonLocks([])).toEqual([]);
  });

  it('are none that others may hold at the same time', () => {
    expect(commonLocks([{ locks: [lock('m', true)] }, { locks: [lock('m')] }])).toEqual([]);
    expect(commonLocks([{ locks: [lock('m')] }, { locks: [lock('m', true)] }])).toEqual([]);
    expect(commonLocks([{ locks: [lock('m', true)] }, { locks: [lock('m', true)] }])).toEqual([]);
  });

  it('are those of a use, of all its writers', () => {
    expect(uses({ locks: [lock('m')] }, { phase: 'release', locks: [lock('m'), lock('n')] })).toMatchObject([
      { locks: ['m'] },
    ]);
    expect(uses({ locks: [lock('m')] }, { phase: 'release' })).toMatchObject([{ locks: [] }]);
  });
});

describe('pairs', () => {
  const pairs = (some: Partial<DriverAccesses>, touched: TouchedBy = bytesOf, shareAsRun = true) => {
    const seen = accesses(some);
    const used = fieldUses(seen, finder, paths);
    const found = hazardsOf(seen, finder, paths, touched, bytesOf);
    return sharedPairs(seen, finder, used, found, touched, bytesOf, () => shareAsRun);
  };
  const writes = [written(a), written(b)];

  it('are real where they were met', () => {
    expect(pairs({ writes, unordered: [met(a, b)] })).toEqual([
      { fields: ['a', 'b'], verdict: 'real', locks: [], together: [] },
    ]);
  });

  it('are none under one lock, and unseen where it may be shared', () => {
    const under = (shared: boolean) => ({
      writes: writes.map((write) => ({ ...write, locks: [lock('m', shared)] })),
    });
    expect(pairs(under(false))).toEqual([{ fields: ['a', 'b'], verdict: 'no', locks: ['m'], together: [] }]);
    expect(pairs(under(true))).toMatchObject([{ verdict: 'unseen', locks: [] }]);
  });

  it('ask locks of run time alone', () => {
    const setUp = written({ phase: 'set-up' });
    expect(
      pairs({ writes: [setUp, ...writes.map((one) => ({ ...one, locks: [lock('m')] }))] }),
    ).toMatchObject([{ verdict: 'no', locks: ['m'] }]);
  });

  it('are none where two actors write them, always in some order', () => {
    expect(pairs({ writes, acted: [acted('x', a), acted('y', b)] })).toEqual([
      { fields: ['a', 'b'], verdict: 'no', locks: [], together: ['race'] },
    ]);
  });

  it('are unseen where they lie apart in the code that was run: nobody has looked for their order', () => {
    const seen = { writes, acted: [acted('x', a), acted('y', b)] };
    expect(pairs(seen, bytesOf, false)).toMatchObject([{ verdict: 'unseen', together: ['race'] }]);
    expect(pairs({ ...seen, unordered: [met(a, b)] }, bytesOf, false)).toMatchObject([{ verdict: 'real' }]);
    const locked = writes.map((write) => ({ ...write, locks: [lock('m')] }));
    expect(pairs({ ...seen, writes: locked }, bytesOf, false)).toMatchObject([{ verdict: 'no' }]);
  });

  it.each<[string, readonly ActorWrite[]]>([
    ['one actor writes both', [acted('x', a), acted('x', b)]],
    ['they are of two devices', [acted('x', a), acted('y', { ...b, object: 'B' })]],
    ['they are of two scenarios', [acted('x', a), acted('y', { ...b, scenario: 'other' })]],
    ['only one of them is written', [acted('x', a), acted('y', a)]],
    ['nobody writes them', []],
  ])('are unseen where %s', (_, acts) => {
    expect(pairs({ writes, acted: acts })).toMatchObject([{ verdict: 'unseen', together: [] }]);
  });

  it('are of fields that share bytes and are both written at run time', () => {
    expect(pairs({ writes: [written(a), written(c), written(own)] })).toEqual([]);
    expect(pairs({ writes: [written(a), written(c), written(own)] }, wide)).toMatchObject([
      { fields: ['a', 'c'] },
    ]);
    expect(pairs({ writes: [written(a), written({ ...b, phase: 'release' })] })).toEqual([]);
    // Of one of them it is enough that the other is touched.
    const touched: TouchedBy = (path) => (path === 'a' ? { offset: 0, size: 4 } : bytesOf(path));
    expect(pairs({ writes: [written(a), written(own)] }, touched)).toMatchObject([{ fields: ['a', 'own'] }]);
  });
});
