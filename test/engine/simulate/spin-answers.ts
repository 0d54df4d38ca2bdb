// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Model } from './model.js';
import {
  excluding,
  exclusions,
  locks,
  loops,
  published,
  underLock,
  underSequence,
  withLock,
} from './spin-models.js';

/** What becomes of a program that waits by looking again, in all executions of it. */
export interface SpinAnswer {
  /** Which of the file's variants, in its own terms, and in ours. */
  readonly n: number;
  readonly what: string;
  readonly actors: number;
  /** What is observed in executions that come to an end: all of it. */
  readonly ends: readonly string[];
  /** Are there executions that do not, however long they are given? */
  readonly livelock?: true;
  /** Are there data races? */
  readonly raced?: true;
  /** The same program by hand. */
  readonly model: Model;
}

export interface SpinSubject {
  /** Values that are observed. */
  readonly observed: number;
  readonly answers: readonly SpinAnswer[];
}

const livelock = true;
const raced = true;

const [RIGHT, KEPT, IN_TWO_STEPS, FAULTS] = [0, 1, 2, 3];

/** A lock of `spin-locks.c` is right, and with what may be wrong with it. */
function lockAnswers(
  kind: number,
  name: string,
  model: (typeof locks)['byExchange'],
  twoSteps: readonly Omit<SpinAnswer, 'n' | 'what'>[] = [],
): SpinAnswer[] {
  const n = kind * FAULTS;
  return [
    ...[2, 3].flatMap((actors): SpinAnswer[] => {
      const all = { actors, ends: [`${actors}`] };
      return [
        { ...all, n: n + RIGHT, what: name, model: underLock(model, actors) },
        // The one that keeps it may be the last.
        { ...all, n: n + KEPT, what: `${name}, kept`, livelock, model: underLock(model, actors, true) },
      ];
    }),
    ...twoSteps.map((answer) => ({ ...answer, n: n + IN_TWO_STEPS, what: `${name}, taken in two steps` })),
  ];
}

const [inTwoSteps, ticketInTwoSteps, queueInTwoSteps, tryInTwoSteps] = [
  locks.inTwoSteps,
  locks.ticket(true),
  locks.queue(true),
  locks.tryInTwoSteps,
].map((lock) => [underLock(lock, 2), underLock(lock, 3)] as const) as [
  readonly [Model, Model],
  readonly [Model, Model],
  readonly [Model, Model],
  readonly [Model, Model],
];

const right = { before: true, waits: true, again: true };
const torn = (n: number, what: string, ends: readonly string[], model: Model): SpinAnswer => ({
  n,
  what,
  actors: 2,
  ends,
  model,
});
const whole = ['0', '17', '34'];
const tornAnywhere = ['0', '1', '16', '17', '18', '33', '34'].map((pair) => `${pair} 0`);

export const spinning: Readonly<Record<string, SpinSubject>> = {
  'spin-flag': {
    observed: 2,
    answers: [
      { n: 0, what: 'published', actors: 2, ends: ['3 0'], model: published('first', 1) },
      { n: 0, what: 'published', actors: 3, ends: ['3 3'], model: published('first', 2) },
      { n: 1, what: 'too late', actors: 2, ends: ['1 0', '3 0'], raced, model: published('late', 1) },
      {
        n: 1,
        what: 'too late',
        actors: 3,
        ends: ['1 1', '1 3', '3 1', '3 3'],
        raced,
        model: published('late', 2),
      },
      { n: 2, what: 'never set', actors: 2, ends: [], livelock, model: published('never', 1) },
      { n: 2, what: 'never set', actors: 3, ends: [], livelock, model: published('never', 2) },
      { n: 3, what: 'set perhaps', actors: 2, ends: ['3 0'], livelock, model: published('perhaps', 1) },
      { n: 3, what: 'set perhaps', actors: 3, ends: ['3 3'], livelock, model: published('perhaps', 2) },
    ],
  },
  'spin-loops': {
    observed: 2,
    answers: [
      { n: 0, what: 'a function looks', actors: 2, ends: ['1 0'], model: loops.calling },
      { n: 1, what: 'at two variables', actors: 3, ends: ['1 0'], model: loops.both },
      { n: 2, what: 'counts that once', actors: 2, ends: ['1 0', '2 1'], model: loops.counting },
      { n: 3, what: 'gives up', actors: 2, ends: ['1 0', '2 0', '3 0', '9 0'], model: loops.polling },
      {
        n: 4,
        what: 'at two variables, gives up',
        actors: 3,
        ends: ['1 0', '2 0', '3 0', '9 0'],
        model: loops.pollingBoth,
      },
      { n: 5, what: 'for each other', actors: 2, ends: [], livelock, model: loops.forEachOther },
      { n: 6, what: 'together', actors: 2, ends: ['0 0'], model: loops.together },
      { n: 7, what: 'there and gone', actors: 2, ends: ['1 0'], livelock, model: loops.thereAndGone },
      { n: 8, what: 'handed round', actors: 2, ends: ['0 4'], model: loops.handedRound },
    ],
  },
  'spin-locks': {
    observed: 1,
    answers: [
      ...lockAnswers(0, 'test-and-set', locks.byExchange, [
        { actors: 2, ends: ['1', '2'], raced, model: inTwoSteps[0] },
        { actors: 3, ends: ['1', '2', '3'], raced, model: inTwoSteps[1] },
      ]),
      ...lockAnswers(1, 'test-and-test-and-set', locks.lookingFirst),
      ...lockAnswers(2, 'compare-and-swap', locks.byExchange),
      ...lockAnswers(3, 'ticket', locks.ticket(false), [
        { actors: 2, ends: ['1', '2'], livelock, raced, model: ticketInTwoSteps[0] },
        { actors: 3, ends: ['1', '2', '3'], livelock, raced, model: ticketInTwoSteps[1] },
      ]),
      ...lockAnswers(4, 'queue', locks.queue(false), [
        { actors: 2, ends: ['2'], livelock, raced, model: queueInTwoSteps[0] },
        { actors: 3, ends: ['2', '3'], livelock, raced, model: queueInTwoSteps[1] },
      ]),
      ...lockAnswers(5, 'queue on stacks', locks.queue(false)),
      ...lockAnswers(6, 'bit', locks.byExchange),
      ...lockAnswers(7, 'attempts', locks.byExchange, [
        { actors: 2, ends: ['1', '2'], raced, model: tryInTwoSteps[0] },
        { actors: 3, ends: ['1', '2', '3'], livelock, raced, model: tryInTwoSteps[1] },
      ]),
    ],
  },
  'spin-seqlock': {
    observed: 2,
    answers: [
      {
        n: 0,
        what: 'sequence count',
        actors: 2,
        ends: whole.map((pair) => `${pair} 0`),
        model: underSequence(right, 1),
      },
      {
        n: 0,
        what: 'sequence count',
        actors: 3,
        ends: whole.flatMap((pair) => whole.map((other) => `${pair} ${other}`)),
        model: underSequence(right, 2),
      },
      torn(
        1,
        'not looked at again',
        ['0', '1', '2', '16', '17', '18', '33', '34'].map((pair) => `${pair} 0`),
        underSequence({ ...right, again: false }, 1),
      ),
      torn(2, 'begun at any time', tornAnywhere, underSequence({ ...right, waits: false }, 1)),
      torn(3, 'counted once', tornAnywhere, underSequence({ ...right, before: false }, 1)),
    ],
  },
  'spin-exclusion': {
    observed: 1,
    answers: [
      {
        n: 0,
        what: "Peterson's",
        actors: 2,
        ends: ['2'],
        model: excluding((me) => exclusions.peterson(me, false)),
      },
      { n: 1, what: "Dekker's", actors: 2, ends: ['2'], model: excluding(exclusions.dekker) },
      {
        n: 2,
        what: "Peterson's, turn first",
        actors: 2,
        ends: ['1', '2'],
        raced,
        model: excluding((me) => exclusions.peterson(me, true)),
      },
      { n: 3, what: 'polite', actors: 2, ends: ['2'], livelock, model: excluding(exclusions.polite) },
    ],
  },
  'spin-and-lock': {
    observed: 2,
    answers: [
      { n: 0, what: 'needed', actors: 2, ends: ['1 0'], livelock, model: withLock('needed') },
      { n: 1, what: 'not needed', actors: 2, ends: ['1 0'], model: withLock('not needed') },
      { n: 2, what: 'held', actors: 2, ends: [], livelock, model: withLock('held') },
      { n: 3, what: 'given back', actors: 2, ends: ['1 0'], model: withLock('given back') },
    ],
  },
};
