// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { answerNames, openAnswer, setUp } from '../../../bench/answers.js';
import type { Explored, Simulator } from '../../../src/engine/simulate/simulator.js';
import { closeToolchains, toolchain } from '../../support/race.js';
import { spinning } from './spin-answers.js';

interface Answer {
  /** How large it is, in its own terms. */
  readonly n: number;
  readonly actors: number;
  /** All interleavings, where they are few. */
  readonly dfs?: number;
  /** Classes of them. */
  readonly dpor: number;
  /** Of the interleavings, and of the classes, those that end in a deadlock. */
  readonly deadlocks?: { readonly dfs: number; readonly dpor: number };
  /** What can be observed, and in how many of the interleavings. */
  readonly ends?: Readonly<Record<string, number>>;
}

interface Subject {
  /** Values that are observed. */
  readonly observed: number;
  readonly answers: readonly Answer[];
}

const subjects: Readonly<Record<string, Subject>> = {
  'lost-update': {
    observed: 1,
    answers: [
      { n: 1, actors: 2, dfs: 6, dpor: 4, ends: { 1: 4, 2: 2 } },
      { n: 2, actors: 2, dfs: 70, dpor: 34 },
      { n: 3, actors: 2, dfs: 924, dpor: 328 },
      { n: 4, actors: 2, dfs: 12_870, dpor: 3_334 },
      { n: 5, actors: 2, dpor: 34_904 },
      { n: 1, actors: 3, dfs: 90, dpor: 36 },
    ],
  },
  // After the address is handed out: two steps of the owner among five of the other; a load and a store meet in four ways.
  'stack-local': {
    observed: 1,
    answers: [{ n: 1, actors: 2, dfs: 21, dpor: 4, ends: { 1: 12, 2: 9 } }],
  },
  'separate-bools': { observed: 2, answers: [{ n: 1, actors: 2, dfs: 2, dpor: 1, ends: { '1 1': 2 } }] },
  'atomic-or': { observed: 1, answers: [{ n: 1, actors: 2, dfs: 2, dpor: 2, ends: { 3: 2 } }] },
  'atomic-add': {
    observed: 1,
    answers: [
      { n: 1, actors: 2, dfs: 2, dpor: 1, ends: { 3: 2 } },
      { n: 2, actors: 3, dfs: 90, dpor: 1, ends: { 12: 90 } },
    ],
  },
  ticket: {
    observed: 2,
    answers: [
      { n: 1, actors: 2, dfs: 2, dpor: 2, ends: { '2 0': 1, '2 1': 1 } },
      { n: 2, actors: 3, dfs: 90, dpor: 90 },
    ],
  },
  'bit-fields': {
    observed: 3,
    answers: [
      { n: 1, actors: 2, dfs: 6, dpor: 4, ends: { '1 1 0': 2, '1 0 0': 2, '0 1 0': 2 } },
      { n: 3, actors: 2, dfs: 924, dpor: 328, ends: { '1 1 0': 924 - 172, '1 0 0': 86, '0 1 0': 86 } },
      { n: 1, actors: 3, dfs: 90, dpor: 36 },
    ],
  },
  'guarded-bits': {
    observed: 2,
    answers: [{ n: 1, actors: 2, dfs: 20, dpor: 4, ends: { '1 1': 8, '1 0': 6, '0 1': 6 } }],
  },
  // (n + 3) * 2^(n - 2)
  lastzero: {
    observed: 1,
    answers: [
      { n: 2, actors: 3, dpor: 5 },
      { n: 3, actors: 4, dpor: 12 },
      { n: 5, actors: 6, dpor: 64 },
      { n: 10, actors: 11, dpor: 3_328 },
      { n: 17, actors: 18, dpor: 655_360 },
    ],
  },
  readers: {
    observed: 1,
    answers: [
      { n: 2, actors: 3, dfs: 6, dpor: 4 },
      { n: 3, actors: 4, dfs: 24, dpor: 8 },
      { n: 10, actors: 11, dpor: 1_024 },
      { n: 16, actors: 17, dpor: 65_536 },
    ],
  },
  indexer: {
    observed: 2,
    answers: [
      { n: 11, actors: 11, dpor: 1 },
      { n: 12, actors: 12, dpor: 8 },
      { n: 14, actors: 14, dpor: 512 },
      { n: 16, actors: 16, dpor: 32_768 },
    ],
  },
  'fib-bench': {
    observed: 2,
    answers: [
      { n: 1, actors: 2, dfs: 20, dpor: 3, ends: { '2 3': 4, '3 2': 4, '2 2': 12 } },
      { n: 2, actors: 2, dfs: 924, dpor: 19 },
      { n: 1, actors: 3, dpor: 11 },
      { n: 4, actors: 3, dpor: 19_605 },
    ],
  },
  mutex: {
    observed: 1,
    answers: [
      { n: 1, actors: 2, dfs: 2, dpor: 2, ends: { 2: 2 } },
      { n: 3, actors: 2, dfs: 20, dpor: 20, ends: { 6: 20 } },
      { n: 1, actors: 4, dfs: 24, dpor: 24, ends: { 4: 24 } },
    ],
  },
  rwsem: {
    observed: 1,
    answers: [
      { n: 1, actors: 2, dfs: 2, dpor: 2, ends: { 0: 1, 12: 1 } },
      { n: 1, actors: 3, dfs: 142, dpor: 4, ends: { 0: 70, 12: 1, 48: 1, 60: 70 } },
      { n: 1, actors: 6, dpor: 32 },
    ],
  },
  'try-lock': {
    observed: 3,
    answers: [{ n: 1, actors: 2, dfs: 8, dpor: 4, ends: { '2 1 1': 2, '1 1 0': 3, '1 0 1': 3 } }],
  },
  deadlock: {
    observed: 1,
    answers: [{ n: 1, actors: 2, dfs: 6, dpor: 3, deadlocks: { dfs: 2, dpor: 1 }, ends: { 0: 4 } }],
  },
  completion: {
    observed: 1,
    answers: [
      { n: 1, actors: 2, dfs: 1, dpor: 1, ends: { 1: 1 } },
      { n: 2, actors: 3, dfs: 14, dpor: 4, ends: { 2: 14 } },
      { n: 0, actors: 2, dfs: 1, dpor: 1, deadlocks: { dfs: 1, dpor: 1 }, ends: {} },
    ],
  },
  // What a loop counts is no less of a change where nobody else can see it; 600: long enough to be watched.
  'spin-storage': {
    observed: 1,
    answers: [
      { n: 3, actors: 2, dfs: 4, dpor: 4, ends: { 0: 1, 1: 1, 2: 1, 3: 1 } },
      { n: 600, actors: 2, dfs: 601, dpor: 601 },
    ],
  },
  'producer-consumer': {
    observed: 1,
    answers: [
      { n: 1, actors: 3, dfs: 2, dpor: 2, ends: { 12: 1, 21: 1 } },
      { n: 2, actors: 3, dfs: 6, dpor: 6 },
    ],
  },
};

afterAll(closeToolchains);

/** What was observed, and in how many executions. */
function endsOf({ outcomes }: Explored): Record<string, number> {
  const done = outcomes.filter(({ ending }) => ending === 'done');
  return Object.fromEntries(done.map(({ values, count }) => [values.join(' '), count]));
}

function counted({ executions, blocked, deadlocks, bounded, outcomes }: Explored) {
  const sum = outcomes.reduce((all, { count }) => all + count, 0);
  return { executions, blocked, deadlocks, bounded, sum };
}

function expected(executions: number, deadlocks = 0) {
  return { executions, blocked: 0, deadlocks, bounded: null, sum: executions };
}

/** A simulator of the program, closed when this is done; what threads share is not known beforehand. */
async function opened<T>(name: string, work: (simulator: Simulator) => Promise<T>): Promise<T> {
  const simulator = await openAnswer(name, await toolchain());
  try {
    return await work(simulator);
  } finally {
    await simulator.close();
  }
}

test('every program has its answers', async () => {
  const known = [...Object.keys(subjects), ...Object.keys(spinning), 'random', 'cut-short', 'large'];
  expect(known.sort()).toEqual(await answerNames());
});

describe.each(Object.entries(subjects))('%s', (name, { observed, answers }) => {
  test.each(answers)('of $n with $actors actors', async ({ n, actors, dfs, dpor, deadlocks, ends }) => {
    await opened(name, async (simulator) => {
      await setUp(simulator, n);
      const reduced = await simulator.explore({ actors, observed, strategy: 'dpor' });
      expect(counted(reduced)).toEqual(expected(dpor, deadlocks?.dpor));
      if (dfs === undefined) return;

      await setUp(simulator, n);
      const all = await simulator.explore({ actors, observed, strategy: 'dfs' });
      expect(counted(all)).toEqual(expected(dfs, deadlocks?.dfs));
      expect(Object.keys(endsOf(reduced)).sort()).toEqual(Object.keys(endsOf(all)).sort());
      if (ends !== undefined) expect(endsOf(all)).toEqual(ends);
    });
  });
});

test('an exploration that is repeated has the same executions', async () => {
  await opened('fib-bench', async (simulator) => {
    await setUp(simulator, 2);
    for (const [strategy, executions] of [
      ['dpor', 19],
      ['dfs', 924],
    ] as const) {
      await simulator.explore({ actors: 2, observed: 2, strategy });
      const repeated = await simulator.repeat(0.02);
      expect(repeated.executions).toBeGreaterThan(0);
      expect(repeated.executions % executions).toBe(0);
    }
  });
});

describe('what cannot be more', () => {
  const largest = (explored: Explored, value: number) =>
    explored.outcomes.reduce((most, { values }) => (values[value]! > most ? values[value]! : most), 0n);

  test('than a Fibonacci number is reached', async () => {
    await opened('fib-bench', async (simulator) => {
      for (const [n, fibonacci] of [
        [1, 3n],
        [2, 8n],
        [3, 21n],
        [4, 55n],
      ] as const) {
        await setUp(simulator, n);
        const explored = await simulator.explore({ actors: 2, observed: 2, strategy: 'dpor' });
        expect([largest(explored, 0), largest(explored, 1)]).toEqual([fibonacci, fibonacci]);
      }
    });
  });
});
