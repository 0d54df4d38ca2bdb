// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { analysed } from './analysed.js';

afterAll(closeToolchains);

type Lock = 'm' | 'n';
/** Statements of a function; `store` is one of a bit-field, `call` of one of the helpers. */
type Statement =
  | { readonly is: 'lock' | 'unlock'; readonly lock: Lock }
  | { readonly is: 'store' | 'return' | 'break' }
  | { readonly is: 'flag'; readonly value: 0 | 1 }
  | {
      readonly is: 'if' | 'try' | 'interruptible' | 'flagged';
      readonly lock: Lock;
      readonly yes: Body;
      readonly no: Body;
    }
  | { readonly is: 'loop' | 'do'; readonly body: Body }
  | { readonly is: 'switch'; readonly cases: readonly Body[] }
  | { readonly is: 'call'; readonly helper: number };
type Body = readonly Statement[];

const helpers = 4;
const lock = fc.constantFrom<Lock>('m', 'n');
const simple: fc.Arbitrary<Statement> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ is: fc.constant('lock' as const), lock }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('unlock' as const), lock }) },
  { weight: 3, arbitrary: fc.constant<Statement>({ is: 'store' }) },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('flag' as const), value: fc.constantFrom<0 | 1>(0, 1) }),
  },
);
const { body } = fc.letrec<{ body: Body; statement: Statement }>((tie) => ({
  body: fc.array(tie('statement'), { maxLength: 5, depthIdentifier: 'nested' }),
  statement: fc.oneof(
    { depthSize: 'small', depthIdentifier: 'nested', withCrossShrink: true },
    { weight: 6, arbitrary: simple },
    { weight: 1, arbitrary: fc.constantFrom<Statement>({ is: 'return' }, { is: 'break' }) },
    {
      weight: 3,
      arbitrary: fc.record({
        is: fc.constantFrom('if' as const, 'try' as const, 'interruptible' as const, 'flagged' as const),
        lock,
        yes: tie('body'),
        no: tie('body'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ is: fc.constantFrom('loop' as const, 'do' as const), body: tie('body') }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constant('switch' as const),
        cases: fc.array(tie('body'), { minLength: 1, maxLength: 3 }),
      }),
    },
  ),
}));
const withCalls = fc
  .array(
    fc.oneof(
      body,
      fc.array(
        fc.nat(helpers - 1).map((helper): Statement => ({ is: 'call', helper })),
        { maxLength: 1 },
      ),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts): Body => parts.flat());

/** The C of a body, a statement to a line, and the statements of the lines. */
class Writer {
  readonly lines: string[];
  readonly at = new Map<Statement, number>();
  constructor(head: readonly string[]) {
    this.lines = [...head];
  }
  write(body: Body, inLoop: boolean): void {
    for (const statement of body) this.#statement(statement, inLoop);
  }
  #statement(one: Statement, inLoop: boolean): void {
    this.at.set(one, this.lines.length + 1);
    const nested = (...parts: readonly (string | readonly [Body, boolean])[]) => {
      for (const part of parts) {
        if (typeof part === 'string') this.lines.push(part);
        else this.write(...part);
      }
    };
    switch (one.is) {
      case 'lock':
      case 'unlock':
        nested(`mutex_${one.is}(&d->${one.lock});`);
        return;
      case 'store':
        nested('d->a = c;');
        return;
      case 'return':
        nested('if (unknown()) return;');
        return;
      case 'break':
        nested(inLoop ? 'if (unknown()) break;' : ';');
        return;
      case 'flag':
        nested(`flag = ${one.value};`);
        return;
      case 'flagged':
        nested('if (flag) {', [one.yes, inLoop], '} else {', [one.no, inLoop], '}');
        return;
      case 'if':
        nested('if (unknown()) {', [one.yes, inLoop], '} else {', [one.no, inLoop], '}');
        return;
      case 'try':
        nested(`if (mutex_trylock(&d->${one.lock})) {`, [one.yes, inLoop], '} else {', [one.no, inLoop], '}');
        return;
      case 'interruptible':
        nested(
          `if (mutex_lock_interruptible(&d->${one.lock})) {`,
          [one.no, inLoop],
          '} else {',
          [one.yes, inLoop],
          '}',
        );
        return;
      case 'loop':
        nested('while (unknown()) {', [one.body, true], '}');
        return;
      case 'do':
        nested('do {', [one.body, true], '} while (unknown());');
        return;
      case 'switch':
        nested(
          'switch (number()) {',
          ...one.cases.flatMap((body, i) => [`case ${i}: ;`, [body, false] as const, 'goto_end;']),
          '}',
        );
        return;
      case 'call':
        nested(`helper${one.helper}(d);`);
        return;
    }
  }
}

/** Which locks are held, a bit each, and what the flag is. All that are possible, whichever way is taken. */
type Held = ReadonlySet<number>;
const bit = (lock: Lock) => (lock === 'm' ? 1 : 2);
const flag = 4;
const union = (...all: readonly Held[]): Held => new Set(all.flatMap((one) => [...one]));

/** Goes through all ways of a body, one after the other. */
class Walker {
  /** Of each store, what can be held there. */
  readonly seen = new Map<Statement, Held>();
  readonly #helpers: readonly Body[];
  readonly #lawful: boolean;
  /** @param lawful ways on which a lock is taken that is held, or given back that is not, are left out. */
  constructor(helpers: readonly Body[], lawful: boolean) {
    this.#helpers = helpers;
    this.#lawful = lawful;
  }
  /** What can be held behind it: at its end, where a loop is left, and where the function is. */
  walk(body: Body, from: Held): { end: Held; broken: Held; left: Held } {
    let [end, broken, left]: [Held, Held, Held] = [from, new Set(), new Set()];
    for (const one of body) {
      const found = this.#statement(one, end);
      [end, broken, left] = [found.end, union(broken, found.broken), union(left, found.left)];
    }
    return { end, broken, left };
  }
  /** The whole of a function. */
  through(body: Body, from: Held): Held {
    const { end, left } = this.walk(body, from);
    return union(end, left);
  }
  #statement(one: Statement, from: Held): { end: Held; broken: Held; left: Held } {
    const none: Held = new Set();
    const to = (end: Held, broken = none, left = none) => ({ end, broken, left });
    const taken = (lock: Lock): Held =>
      new Set(
        [...from].filter((held) => !this.#lawful || !(held & bit(lock))).map((held) => held | bit(lock)),
      );
    const given = (lock: Lock): Held =>
      new Set([...from].filter((held) => !this.#lawful || held & bit(lock)).map((held) => held & ~bit(lock)));
    switch (one.is) {
      case 'lock':
        return to(taken(one.lock));
      case 'unlock':
        return to(given(one.lock));
      case 'store':
        this.seen.set(one, union(this.seen.get(one) ?? none, from));
        return to(from);
      case 'return':
        return to(from, none, from);
      case 'break':
        return to(from, from);
      case 'flag':
        return to(new Set([...from].map((held) => (one.value === 1 ? held | flag : held & ~flag))));
      case 'if':
      case 'try':
      case 'interruptible':
      case 'flagged': {
        const where = (isSet: boolean) => new Set([...from].filter((held) => (held & flag) > 0 === isSet));
        const tried = one.is === 'if' ? from : one.is === 'flagged' ? where(true) : taken(one.lock);
        const yes = this.walk(one.yes, tried);
        const no = this.walk(one.no, one.is === 'flagged' ? where(false) : from);
        return to(union(yes.end, no.end), union(yes.broken, no.broken), union(yes.left, no.left));
      }
      case 'loop':
      case 'do': {
        let [state, size, left]: [Held, number, Held] = [from, -1, none];
        let [out, broken]: [Held, Held] = [none, none];
        while (size !== state.size) {
          size = state.size;
          const round = this.walk(one.body, state);
          [left, broken, out] = [union(left, round.left), union(broken, round.broken), round.end];
          state = union(state, round.end);
        }
        return to(union(one.is === 'loop' ? state : out, broken), none, left);
      }
      case 'switch': {
        const ways = one.cases.map((body) => this.walk(body, from));
        return to(union(from, ...ways.map(({ end }) => end)), none, union(...ways.map(({ left }) => left)));
      }
      case 'call':
        // Each has a flag of its own.
        return to(
          union(
            ...[...from].map((held) => {
              const ends = new Walker([], this.#lawful).through(
                this.#helpers[one.helper]!,
                new Set([held & ~flag]),
              );
              return new Set([...ends].map((end) => (end & ~flag) | (held & flag)));
            }),
          ),
        );
    }
  }
}

const head = [
  '#include <linux/mutex.h>',
  '#include <linux/types.h>',
  'struct dev { struct mutex m, n; u32 a:1; u32 b:1; };',
  'bool unknown(void);',
  'int number(void);',
];

test('the locks that are held are those that are held on every way', async () => {
  let [stores, held] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: helpers, maxLength: helpers }),
      fc.array(withCalls, { minLength: 40, maxLength: 40 }),
      async (helping, programs) => {
        // A statement may stand in several places: each is one of its own.
        const own = programs.map((one) => JSON.parse(JSON.stringify(one)) as Body);
        const writer = new Writer(head);
        const function_ = (name: string, body: Body) => {
          writer.lines.push(`${name}(struct dev *d)`, '{', 'int c = number(), flag = 0;');
          writer.write(body, false);
          writer.lines.push('(void)c;', '(void)flag;', '}');
        };
        for (const [i, body] of helping.entries())
          function_(`static void __attribute__((unused)) helper${i}`, body);
        for (const [i, body] of own.entries()) function_(`void program${i}`, body);
        // The end of a case is a break of its own.
        const text = writer.lines.map((line) => (line === 'goto_end;' ? 'break;' : line)).join('\n');
        const { report, refused } = await analysed({ 'random.c': `${text}\n` });
        expect(refused, text).toEqual([]);
        const found = new Map(
          report.stores.map(({ place, locks }) => [place.line, locks.map(({ name }) => name).sort()]),
        );
        for (const body of own) {
          // What a function does to locks is told to its callers as if they did not hold what it takes.
          const calls = body.some(({ is }) => is === 'call');
          // Of two flags that say something together, and of ways that a flag leaves out, nothing is known.
          const flagged = JSON.stringify(body).includes('"flagged"');
          const walker = new Walker(helping, calls);
          walker.through(body, new Set([0]));
          for (const [store, states] of walker.seen) {
            const line = writer.at.get(store)!;
            if (states.size === 0) continue;
            const always = [...states].reduce((one, other) => one & other, 3);
            const expected = [...(always & 1 ? ['dev.m'] : []), ...(always & 2 ? ['dev.n'] : [])];
            const said = found.get(line);
            if (calls || flagged)
              expect(expected, `line ${line} of\n${text}`).toEqual(expect.arrayContaining(said!));
            else expect(said, `line ${line} of\n${text}`).toEqual(expected);
            stores++;
            if (expected.length > 0) held++;
          }
        }
      },
    ),
    { numRuns: 4, endOnFailure: true },
  );
  expect([stores > 100, held > 30]).toEqual([true, true]);
});
