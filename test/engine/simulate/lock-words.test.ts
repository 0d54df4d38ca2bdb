// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeToolchains } from '../../support/race.js';
import { beyond, expectAll, expectReduced, expectSchedules } from './against-oracle.js';
import { completion, mutex, NONE, reader, writer } from './lock-steps.js';
import { type Instruction, possible } from './oracle.js';
import { instruction as i, program } from './random-program.js';
import { RandomSimulator } from './random-simulator.js';

/** What is observed at the end, in signed numbers. */
interface End {
  /** The memory's words. */
  readonly words: readonly number[];
  /** By thread, its first register, and its second. */
  readonly first: readonly number[];
  readonly second: readonly number[];
}

interface Case {
  readonly threads: readonly (readonly Instruction[])[];
  readonly memory?: readonly number[];
  /** What of the end is observed. */
  readonly look: (end: End) => readonly number[];
  readonly interleavings: number;
  /** Of these, the ones that end in a deadlock; none, where it is not given. */
  readonly deadlocks?: number;
  /** What the others end with, and how many of them do. */
  readonly ends: Readonly<Record<string, number>>;
}

/** A word of the memory is the lock, the next one what it guards. */
const [LOCK, COUNT, OTHER, SPARE] = [0, 4, 8, 12];

const store = (at: number, value: number, bytes = 4) => i('store', { at, value, bytes, reg: 1 });
const counting = [i('load', { at: COUNT }), i('store', { at: COUNT, value: 1 })];
const lockedCounting = [mutex.take(LOCK), ...counting, mutex.give(LOCK)];
const readerInAndOut = [reader.take(LOCK), reader.give(LOCK)];
const writerInAndOut = [writer.take(LOCK), writer.give(LOCK)];
const lockAndCount = ({ words }: End) => words.slice(0, 2);
const lockAlone = ({ words }: End) => words.slice(0, 1);

const cases: Readonly<Record<string, Case>> = {
  'a completion that is begun anew has nothing to wait for': {
    threads: [[completion.take(LOCK)], [store(LOCK, NONE)]],
    memory: [NONE],
    look: lockAlone,
    interleavings: 1,
    deadlocks: 1,
    ends: {},
  },
  'a completion that is begun anew behind its completing loses that': {
    threads: [[completion.take(LOCK)], [completion.give(LOCK), store(LOCK, NONE)]],
    memory: [NONE],
    look: lockAlone,
    interleavings: 2,
    deadlocks: 1,
    ends: { 0: 1 },
  },
  'a lock for readers that is zeroed in between': {
    threads: [readerInAndOut, [store(LOCK, 0), ...readerInAndOut]],
    look: lockAlone,
    interleavings: 10,
    deadlocks: 1,
    ends: { '-1': 2, 0: 7 },
  },
  'a mutex that is zeroed while two others count under it': {
    threads: [[store(LOCK, 0)], lockedCounting, lockedCounting],
    look: lockAndCount,
    interleavings: 122,
    deadlocks: 6,
    ends: { '-1 1': 48, '-1 2': 62, '0 2': 6 },
  },
  'a mutex that is cleared with memset while it is held': {
    threads: [lockedCounting, [i('fill', { at: LOCK, bytes: 4 }), ...lockedCounting]],
    look: lockAndCount,
    interleavings: 58,
    deadlocks: 3,
    ends: { '-1 1': 24, '-1 2': 28, '0 2': 3 },
  },
  'a mutex that is cleared with all that is around it': {
    threads: [lockedCounting, [i('fill', { at: LOCK, bytes: 8 })], [mutex.tryTo(LOCK)]],
    look: ({ words, second }) => [...words.slice(0, 2), second[2]!],
    interleavings: 26,
    deadlocks: 1,
    ends: {
      '-1 0 0': 4,
      '-1 1 0': 5,
      '0 0 0': 3,
      '0 0 1': 2,
      '0 1 0': 3,
      '0 1 1': 6,
      '1 0 1': 1,
      '1 1 1': 1,
    },
  },
  'a struct with a free lock that is copied over one that is held': {
    threads: [lockedCounting, [i('copy', { at: LOCK, value: OTHER, bytes: 8 }), ...lockedCounting]],
    memory: [0, 0, 0, 7],
    look: lockAndCount,
    interleavings: 58,
    deadlocks: 3,
    ends: { '-1 1': 3, '-1 2': 8, '-1 8': 25, '-1 9': 16, '0 8': 1, '0 9': 2 },
  },
  'a lock that is copied while it is held, and the copy is waited for': {
    threads: [lockedCounting, [i('copy', { at: OTHER, value: LOCK, bytes: 4 }), mutex.take(OTHER)]],
    look: ({ words }) => words.slice(0, 3),
    interleavings: 9,
    deadlocks: 3,
    ends: { '0 1 1': 6 },
  },
  'eight bytes that are written over a lock and its neighbour': {
    threads: [lockedCounting, [store(LOCK, 1, 8)], [mutex.give(LOCK)]],
    look: lockAndCount,
    interleavings: 22,
    deadlocks: 1,
    ends: { '-1 0': 2, '-1 1': 7, '0 0': 4, '0 1': 4, '1 0': 4 },
  },
  'eight bytes that are written back as they were read, a lock among them': {
    threads: [
      [i('exchange', { at: LOCK, bytes: 8, value: 0, reg: 0 })],
      [mutex.take(LOCK), mutex.give(LOCK)],
      [mutex.tryTo(LOCK)],
    ],
    look: ({ words, first, second }) => [words[0]!, first[0]!, second[2]!],
    interleavings: 10,
    deadlocks: 1,
    ends: { '-1 1 0': 2, '0 0 0': 2, '0 1 1': 3, '1 0 1': 2 },
  },
  'a neighbour that is written along with half of a lock': {
    threads: [
      [store(LOCK + 2, 0, 4)],
      writerInAndOut,
      [i('load', { at: LOCK, reg: 0 }), i('store', { at: SPARE })],
    ],
    look: ({ words }) => [words[0]!, words[3]!],
    interleavings: 30,
    ends: { '0 0': 20, '0 32768': 10 },
  },
  'a byte that lets a writer in': {
    threads: [[store(LOCK + 1, 0, 1)], [writer.take(LOCK), ...counting], [...counting, writer.give(LOCK)]],
    memory: [0x8000],
    look: lockAndCount,
    interleavings: 38,
    deadlocks: 3,
    ends: { '0 1': 12, '0 2': 22, '32768 2': 1 },
  },
  'a byte that keeps readers out': {
    threads: [[store(LOCK + 1, 0x80, 1)], readerInAndOut, [reader.tryTo(LOCK)]],
    look: ({ words, second }) => [words[0]!, second[2]!],
    interleavings: 10,
    deadlocks: 2,
    ends: { '32768 0': 3, '32769 1': 5 },
  },
  'a byte of a lock that nothing waits for': {
    threads: [[store(LOCK + 3, 1, 1)], writerInAndOut, writerInAndOut],
    look: lockAlone,
    interleavings: 10,
    ends: { 16777216: 10 },
  },
  'a mutex that is taken with a compare-and-swap by hand': {
    threads: [
      [
        i('cas', { at: LOCK, expected: 0, value: 1, reg: 1 }),
        i('skip', { reg: 1, expected: 1, value: 3 }),
        ...counting,
        mutex.give(LOCK),
      ],
      lockedCounting,
    ],
    look: ({ words, second }) => [...words.slice(0, 2), second[0]!],
    interleavings: 5,
    ends: { '0 1 1': 3, '0 2 0': 2 },
  },
  'a mutex that is given back with a compare-and-swap, twice': {
    threads: [
      [mutex.take(LOCK), ...counting, i('cas', { at: LOCK, expected: 1, value: 0, reg: 1 })],
      [i('cas', { at: LOCK, expected: 1, value: 0, reg: 1 })],
      lockedCounting,
    ],
    look: lockAndCount,
    interleavings: 122,
    deadlocks: 3,
    ends: { '-1 1': 24, '-1 2': 31, '0 1': 24, '0 2': 40 },
  },
  'a mutex that is looked at while others take it': {
    threads: [
      [i('load', { at: LOCK })],
      [mutex.take(LOCK), mutex.give(LOCK)],
      [mutex.take(LOCK), mutex.give(LOCK)],
    ],
    look: ({ words, first }) => [words[0]!, first[0]!],
    interleavings: 10,
    ends: { '0 0': 6, '0 1': 4 },
  },
  'readers that are counted while they come and go': {
    threads: [[i('load', { at: LOCK, bytes: 2 })], readerInAndOut, readerInAndOut],
    look: ({ first }) => first.slice(0, 1),
    interleavings: 30,
    ends: { 0: 14, 1: 12, 2: 4 },
  },
  'a mutex that is taken by adding to it': {
    threads: [[i('add', { at: LOCK, value: 1 })], [mutex.take(LOCK), mutex.give(LOCK)]],
    look: ({ words, first }) => [words[0]!, first[0]!],
    interleavings: 3,
    deadlocks: 1,
    ends: { '1 0': 1, '1 1': 1 },
  },
  'a reader that goes without having come': {
    threads: [[reader.give(LOCK)], readerInAndOut, readerInAndOut],
    look: lockAlone,
    interleavings: 25,
    deadlocks: 5,
    ends: { '-1': 20 },
  },
  'a reader that goes while a writer is in': {
    threads: [[reader.give(LOCK)], [writer.take(LOCK), ...counting, writer.give(LOCK)], [reader.tryTo(LOCK)]],
    look: ({ words, second }) => [words[0]!, second[2]!],
    interleavings: 22,
    deadlocks: 1,
    ends: { '-1 0': 13, '0 1': 8 },
  },
  'more that is completed than is waited for': {
    threads: [
      [completion.give(LOCK), completion.give(LOCK)],
      [completion.take(LOCK)],
      [completion.tryTo(LOCK)],
    ],
    memory: [NONE],
    look: ({ words, second }) => [words[0]!, second[2]!],
    interleavings: 7,
    ends: { '1 0': 3, '0 1': 4 },
  },
  'a union of a mutex and a completion': {
    threads: [[mutex.take(LOCK), mutex.give(LOCK)], [completion.give(LOCK)], [completion.take(LOCK)]],
    memory: [NONE],
    look: lockAlone,
    interleavings: 6,
    ends: { 0: 6 },
  },
  'a union of a mutex and a completion, begun as the mutex': {
    threads: [[mutex.take(LOCK), mutex.give(LOCK)], [completion.take(LOCK)], [completion.give(LOCK)]],
    look: lockAlone,
    interleavings: 6,
    ends: { 0: 6 },
  },
  'a union of a mutex and a lock for readers and writers': {
    threads: [[mutex.take(LOCK), mutex.give(LOCK)], readerInAndOut, writerInAndOut],
    look: lockAlone,
    interleavings: 16,
    ends: { 0: 16 },
  },
  'a mutex that is initialised anew while two wait for it': {
    threads: [[mutex.take(LOCK), store(LOCK, 0), mutex.give(LOCK)], lockedCounting, lockedCounting],
    look: lockAndCount,
    interleavings: 133,
    deadlocks: 11,
    ends: { '-1 1': 48, '-1 2': 74 },
  },
  'a mutex that is poisoned while another waits for it': {
    threads: [[mutex.take(LOCK), i('fill', { at: LOCK, bytes: 8, value: 0x6b })], [mutex.take(LOCK)]],
    look: lockAndCount,
    interleavings: 2,
    deadlocks: 2,
    ends: {},
  },
};

let simulator: RandomSimulator;

beforeAll(async () => {
  simulator = await RandomSimulator.open();
  await simulator.shareAll();
});
afterAll(async () => {
  await simulator?.close();
  await closeToolchains();
});

/** The values that {@link show} has written. */
function endOf(values: string): End {
  const [low, high, , ...registers] = values.split(' ').map((value) => BigInt(`0x${value}`));
  const half = (value: bigint) => Number(BigInt.asIntN(32, value));
  return {
    words: [half(low!), half(low! >> 32n), half(high!), half(high! >> 32n)],
    first: registers.map(half),
    second: registers.map((value) => half(value >> 32n)),
  };
}

describe.each(Object.entries(cases))(
  '%s',
  (_name, { threads, memory, look, interleavings, deadlocks = 0, ends }) => {
    const code = program(threads, memory);
    const all = possible(code);

    test('ends as is expected', () => {
      const seen: Record<string, number> = {};
      for (const [values, count] of all.finals) {
        const text = look(endOf(values)).join(' ');
        seen[text] = (seen[text] ?? 0) + count;
      }
      expect(seen).toEqual(ends);
      expect([all.interleavings, all.deadlocks]).toEqual([interleavings, deadlocks]);
    });

    test('by dfs', async () => {
      expectAll(code, all, await simulator.explore(code, 'dfs', beyond(all)));
    });

    test('by dpor', async () => {
      expectReduced(code, all, await simulator.explore(code, 'dpor', beyond(all)));
    });

    test.each(['random', 'pct'] as const)('by chance (%s)', async (strategy) => {
      const explored = await simulator.explore(code, strategy, { executions: 200, seed: 1 });
      expectSchedules(code, explored);
    });
  },
);

describe('a lock of one thread alone, taken twice', () => {
  const twice = [writer.take(SPARE), reader.take(SPARE), i('load')];

  test.each(['dfs', 'dpor', 'random', 'pct'] as const)(
    'is waited for in every execution (%s)',
    async (strategy) => {
      for (const others of [[], [[store(LOCK, 1)]], [[store(LOCK, 1)], [mutex.take(LOCK)]]]) {
        await simulator.forgetSharing();
        const explored = await simulator.explore(program([twice, ...others]), strategy, { executions: 50 });
        expect(explored.executions).toBe(explored.deadlocks);
      }
      await simulator.shareAll();
    },
  );
});
