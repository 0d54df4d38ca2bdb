// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Model, ModelActor, ModelStep, Variables } from './model.js';

/** The programs of `c-src/answers/spin-*.c`, as steps. */

const set =
  (name: string, value: number): ModelStep =>
  (shared) => {
    shared[name] = value;
    return undefined;
  };
const read =
  (name: string, into: string): ModelStep =>
  (shared, own) => {
    own[into] = shared[name]!;
    return undefined;
  };

/** Stays at a step, by its name, until that holds. */
const until =
  (name: string, holds: (shared: Variables, own: Variables) => boolean): ModelStep =>
  (shared, own) =>
    holds(shared, own) ? undefined : name;

/** Adds one to the counter, by a load and a store. */
const counting: ModelActor = {
  load: read('counter', 'count'),
  store: (shared, own) => {
    shared.counter = own.count! + 1;
    delete own.count;
    return undefined;
  },
};
const counted = ({ counter }: Variables) => [counter!];

/* ---- locks ---- */

/** What an actor does before and behind what is done under the lock. */
interface LockModel {
  readonly shared: Variables;
  lock(actor: number): ModelActor;
  unlock(actor: number): ModelActor;
}

const byExchange: LockModel = {
  shared: { word: 0 },
  lock: () => ({
    lock: (shared) => {
      const was = shared.word;
      shared.word = 1;
      return was === 0 ? undefined : 'lock';
    },
  }),
  unlock: () => ({ unlock: set('word', 0) }),
};

const lookingFirst: LockModel = {
  ...byExchange,
  lock: () => ({
    look: until('look', ({ word }) => word === 0),
    lock: (shared) => {
      const was = shared.word;
      shared.word = 1;
      return was === 0 ? undefined : 'look';
    },
  }),
};

const inTwoSteps: LockModel = {
  ...byExchange,
  lock: () => ({ look: until('look', ({ word }) => word === 0), lock: set('word', 1) }),
};

/** Its holders subtract what they have added, so that two of them leave less than nothing. */
const tryInTwoSteps: LockModel = {
  shared: { word: 0 },
  lock: () => ({
    look: until('look', ({ word }) => word === 0),
    lock: set('word', 1),
  }),
  unlock: () => ({
    unlock: (shared) => {
      shared.word!--;
      return undefined;
    },
  }),
};

const ticket = (twoSteps: boolean): LockModel => ({
  shared: { next: 0, served: 0 },
  lock: () => ({
    ...(twoSteps
      ? {
          look: read('next', 'ticket'),
          take: (shared, own) => {
            shared.next = own.ticket! + 1;
            return undefined;
          },
        }
      : {
          take: (shared, own) => {
            own.ticket = shared.next!++;
            return undefined;
          },
        }),
    wait: until('wait', ({ served }, own) => served === own.ticket),
  }),
  unlock: () => ({
    'look who': read('served', 'who'),
    serve: (shared, own) => {
      shared.served = own.who! + 1;
      return undefined;
    },
  }),
});

/** Nodes are actors, from 1 on; 0 is none. */
const queue = (twoSteps: boolean): LockModel => ({
  shared: { tail: 0, next1: 0, next2: 0, next3: 0, waits1: 0, waits2: 0, waits3: 0 },
  lock: (actor) => {
    const me = actor + 1;
    return {
      'no next': set(`next${me}`, 0),
      waits: set(`waits${me}`, 1),
      ...(twoSteps
        ? { look: read('tail', 'before'), swap: set('tail', me) }
        : {
            swap: (shared, own) => {
              own.before = shared.tail!;
              shared.tail = me;
              return undefined;
            },
          }),
      link: (shared, own) => {
        if (own.before === 0) return 'load';
        shared[`next${own.before!}`] = me;
        return undefined;
      },
      wait: until('wait', (shared) => shared[`waits${me}`] === 0),
    };
  },
  unlock: (actor) => {
    const me = actor + 1;
    return {
      leave: (shared, own) => {
        own.next = shared[`next${me}`]!;
        return own.next === 0 ? undefined : 'hand over';
      },
      empty: (shared) => {
        if (shared.tail !== me) return undefined;
        shared.tail = 0;
        return 'end';
      },
      'wait for next': (shared, own) => {
        own.next = shared[`next${me}`]!;
        return own.next === 0 ? 'wait for next' : undefined;
      },
      'hand over': (shared, own) => {
        shared[`waits${own.next!}`] = 0;
        return undefined;
      },
    };
  },
});

export const locks = { byExchange, lookingFirst, inTwoSteps, tryInTwoSteps, ticket, queue };

/** So many actors that count under a lock; the first one does not give it back, if it is kept. */
export function underLock({ shared, lock, unlock }: LockModel, actors: number, kept = false): Model {
  return {
    shared: { ...shared, counter: 0 },
    actors: Array.from({ length: actors }, (_, actor) => ({
      ...lock(actor),
      ...counting,
      ...(kept && actor === 0 ? {} : unlock(actor)),
    })),
    observe: counted,
  };
}

/* ---- a pair under a sequence count ---- */

interface SequenceModel {
  /** A writer counts before it writes. */
  readonly before: boolean;
  /** A reader waits while one writes, */
  readonly waits: boolean;
  /** ... and reads again if one has come since. */
  readonly again: boolean;
}

export function underSequence({ before, waits, again }: SequenceModel, readers: number): Model {
  const add = (name: string, by: number): ModelActor => ({
    [`look ${name}`]: read('sequence', 'was'),
    [`count ${name}`]: (shared, own) => {
      shared.sequence = own.was! + by;
      return undefined;
    },
  });
  const write = (value: number): ModelActor => ({
    ...(before ? add(`before ${value}`, 1) : {}),
    [`one = ${value}`]: set('one', value),
    [`other = ${value}`]: set('other', value),
    ...add(`behind ${value}`, before ? 1 : 2),
  });
  const reader: ModelActor = {
    begin: (shared, own) => {
      own.began = shared.sequence!;
      return waits && own.began % 2 === 1 ? 'begin' : undefined;
    },
    one: read('one', 'one'),
    other: read('other', 'other'),
    check: (shared, own) => (again && shared.sequence !== own.began ? 'begin' : undefined),
  };
  return {
    shared: { sequence: 0, one: 0, other: 0 },
    actors: [{ ...write(1), ...write(2) }, ...new Array<ModelActor>(readers).fill(reader)],
    observe: (_, own) => [0, 1].map((i) => (own[i + 1]?.one ?? 0) * 16 + (own[i + 1]?.other ?? 0)),
  };
}

/* ---- loads and stores that keep each other out ---- */

const [peterson, dekker] = [
  (me: number, turnFirst: boolean): ModelActor => {
    const other = 1 - me;
    const say = { want: set(`wants${me}`, 1) };
    const yielded = { turn: set('turn', other) };
    return {
      ...(turnFirst ? { ...yielded, ...say } : { ...say, ...yielded }),
      look: (shared) => (shared[`wants${other}`] === 0 ? 'load' : undefined),
      'look whose turn': ({ turn }) => (turn === other ? 'look' : undefined),
      ...counting,
      leave: set(`wants${me}`, 0),
    };
  },
  (me: number): ModelActor => {
    const other = 1 - me;
    return {
      want: set(`wants${me}`, 1),
      look: (shared) => (shared[`wants${other}`] === 0 ? 'load' : undefined),
      'look whose turn': ({ turn }) => (turn === me ? 'look' : undefined),
      yield: set(`wants${me}`, 0),
      wait: until('wait', ({ turn }) => turn === me),
      'want again': (shared) => {
        shared[`wants${me}`] = 1;
        return 'look';
      },
      ...counting,
      'yield turn': set('turn', other),
      leave: set(`wants${me}`, 0),
    };
  },
];

const polite = (me: number): ModelActor => ({
  want: set(`wants${me}`, 1),
  look: until('look', (shared) => shared[`wants${1 - me}`] === 0),
  ...counting,
  leave: set(`wants${me}`, 0),
});

export function excluding(actor: (me: number) => ModelActor): Model {
  return {
    shared: { wants0: 0, wants1: 0, turn: 0, counter: 0 },
    actors: [actor(0), actor(1)],
    observe: counted,
  };
}

export const exclusions = { peterson, dekker, polite };

/* ---- flags ---- */

export function published(how: 'first' | 'late' | 'never' | 'perhaps', readers: number): Model {
  const one = { one: set('one', 1) };
  const other = { other: set('other', 1) };
  const flag = { flag: set('flag', 1) };
  const ask: ModelActor = { ask: ({ waiting }) => (waiting === 0 ? 'end' : undefined) };
  const writers = {
    first: { ...one, ...other, ...flag },
    late: { ...one, ...flag, ...other },
    never: { ...one, ...other },
    perhaps: { ...one, ...other, ...ask, ...flag },
  };
  const reader: ModelActor = {
    ...(how === 'perhaps' ? { come: set('waiting', 1) } : {}),
    wait: until('wait', (shared) => shared.flag === 1),
    one: read('one', 'one'),
    other: read('other', 'other'),
  };
  return {
    shared: { one: 0, other: 0, flag: 0, waiting: 0 },
    actors: [writers[how], ...new Array<ModelActor>(readers).fill(reader)],
    observe: (_, own) => [0, 1].map((i) => (own[i + 1]?.one ?? 0) + 2 * (own[i + 1]?.other ?? 0)),
  };
}

/** Actor 1 looks, actor 0 writes the first variable, and actor 2 the second. */
function looking(looks: ModelActor, writers: readonly [ModelActor, ModelActor?]): Model {
  return {
    shared: { first: 0, second: 0, count: 0 },
    actors: [writers[0], looks, ...(writers[1] === undefined ? [] : [writers[1]])],
    observe: ({ count }, own) => [own[1]!.result ?? 0, count!],
  };
}

const writesFirst: ModelActor = { write: set('first', 1) };
const writesSecond: ModelActor = { write: set('second', 1) };
const says = (result: number): ModelActor => ({
  result: (_, own) => {
    own.result = result;
    return undefined;
  },
});
const readsBoth = (otherwise: string | undefined): ModelActor => ({
  first: read('first', 'first'),
  second: ({ second }, own) => {
    const sum = own.first! + second!;
    delete own.first;
    return sum === 2 ? undefined : otherwise;
  },
});

/** Looks three times. */
function polls(both: boolean): ModelActor {
  const looks = [1, 2, 3].map((look): ModelActor => {
    const next = look === 3 ? 'give up' : `look ${look + 1}`;
    const found = (own: Variables) => {
      own.result = look;
      return 'end';
    };
    return both
      ? {
          [`look ${look}`]: read('first', 'first'),
          [`also ${look}`]: ({ second }, own) => (own.first! + second! === 2 ? found(own) : next),
        }
      : { [`look ${look}`]: ({ first }, own) => (first === 1 ? found(own) : next) };
  });
  const givesUp: ModelActor = {
    'give up': (_, own) => {
      own.result = 9;
      return undefined;
    },
  };
  return Object.assign({}, ...looks, givesUp) as ModelActor;
}

const meets = (own: string, others: string, saysSo: boolean): ModelActor => ({
  ...(saysSo ? { come: set(own, 1) } : {}),
  wait: until('wait', (shared) => shared[others] === 1),
  go: set(own, 1),
});

const takesTurns = (actor: number): ModelActor =>
  Object.assign(
    {},
    ...[0, 1].map(
      (round): ModelActor => ({
        [`wait ${round}`]: until(`wait ${round}`, ({ count }) => count! % 2 === actor),
        [`look ${round}`]: read('count', 'was'),
        [`add ${round}`]: (shared, own) => {
          shared.count = own.was! + 1;
          return undefined;
        },
      }),
    ),
  ) as ModelActor;

const waitsForFirst: ModelActor = { wait: until('wait', ({ first }) => first === 1), ...says(1) };

export const loops = {
  calling: looking(waitsForFirst, [writesFirst]),
  both: looking({ ...readsBoth('first'), ...says(1) }, [writesFirst, writesSecond]),
  counting: looking(
    {
      look: ({ first }) => (first === 1 ? 'count?' : undefined),
      count: set('count', 1),
      wait: until('wait', ({ first }) => first === 1),
      'count?': (shared, own) => {
        own.result = 1 + shared.count!;
        return undefined;
      },
    },
    [writesFirst],
  ),
  polling: looking(polls(false), [writesFirst]),
  pollingBoth: looking(polls(true), [writesFirst, writesSecond]),
  forEachOther: looking(meets('second', 'first', false), [meets('first', 'second', false)]),
  together: looking(meets('second', 'first', true), [meets('first', 'second', true)]),
  thereAndGone: looking(waitsForFirst, [{ ...writesFirst, 'write back': set('first', 0) }]),
  handedRound: looking(takesTurns(1), [takesTurns(0)]),
};

/* ---- a lock of the kernel's that is held meanwhile ---- */

const acquires: ModelActor = {
  lock: (shared) => {
    if (shared.lock === 1) return 'lock';
    shared.lock = 1;
    return undefined;
  },
};
const releases: ModelActor = { unlock: set('lock', 0) };

export function withLock(how: 'needed' | 'not needed' | 'held' | 'given back'): Model {
  const wait: ModelActor = { wait: until('wait', ({ flag }) => flag === 1) };
  const write: ModelActor = { write: set('flag', 1) };
  const underLock: ModelActor = {
    ...acquires,
    look: read('flag', 'seen'),
    unlock: (shared, own) => {
      shared.lock = 0;
      return own.seen === 1 ? undefined : 'lock';
    },
  };
  const looker = {
    needed: { ...acquires, ...wait, ...releases },
    'not needed': { ...acquires, ...wait, ...releases },
    held: { ...wait, ...releases },
    'given back': underLock,
  }[how];
  return {
    shared: { flag: 0, lock: how === 'held' ? 1 : 0 },
    actors: [looker, how === 'not needed' ? write : { ...acquires, ...write, ...releases }],
    observe: ({ flag, lock }) => [flag!, lock!],
  };
}
