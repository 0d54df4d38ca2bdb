// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, test } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { analysed, locksText, pairText } from './analysed.js';

afterAll(closeToolchains);

const dev = `#include <linux/mutex.h>
#include <linux/types.h>
struct dev { struct mutex lock; u32 a:1; u32 b:1; };
`;

/** How deep calls go from one unit to the next, where the last one gives the lock back. */
const chain = (depth: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: depth }, (_, i) => {
      const next = i === depth - 1 ? 'mutex_unlock(&d->lock);' : `give${i + 1}(d);`;
      return [
        `u${i}.c`,
        `${dev}void give${i + 1}(struct dev *d);\nvoid give${i}(struct dev *d);\nvoid give${i}(struct dev *d) { ${next} }\n`,
      ];
    }),
  );

test('a lock that is given back in another unit, which calls a third one for it, is not held behind that', async () => {
  const { accesses } = await analysed({
    ...chain(4),
    'user.c': `${dev}void give0(struct dev *d);
void before(struct dev *d) { mutex_lock(&d->lock); d->a = 1; give0(d); }
void behind(struct dev *d) { mutex_lock(&d->lock); give0(d); d->b = 1; }
`,
  });
  const held = Object.fromEntries(accesses.map(({ function: name, locks }) => [name, locksText(locks)]));
  expect(held).toEqual({ before: 'dev.lock', behind: '' });
});

test('what units that call each other do to locks that nobody knows is told to the end', async () => {
  const unit = (own: string, other: string) =>
    `${dev}struct dev *found(int i);\nvoid ${other}(int i);\nvoid ${own}(int i);\n` +
    `void ${own}(int i) { struct dev *d = found(i); mutex_unlock(&d->lock); ${other}(i); ${other}(i + 1); }\n`;
  const looked: string[] = [];
  const { accesses } = await analysed(
    {
      'one.c': unit('one', 'two'),
      'two.c': unit('two', 'one'),
      'user.c': `${dev}void one(int i);\nvoid user(struct dev *d) { mutex_lock(&d->lock); one(1); d->a = 1; }\n`,
    },
    { progress: (_, __, path) => looked.push(path) },
  );
  expect(accesses.map(({ locks }) => locksText(locks))).toEqual(['']);
  expect(looked.length).toBeLessThan(12);
});

test('functions of two modules that have one name are both looked at', async () => {
  const start = (field: string, locks: boolean) =>
    `#include "dev.h"\nvoid start(struct dev *d);\nvoid start(struct dev *d) { ${locks ? 'mutex_lock(&d->lock); ' : ''}d->${field} = 1; ${locks ? 'mutex_unlock(&d->lock); ' : ''}}\n`;
  const { report } = await analysed({
    'dev.h': dev,
    'one.c': start('a', true),
    'two.c': start('b', false),
  });
  expect(report.pairs.hazards.map(pairText)).toEqual(['a × b']);
});

test.each([
  ['static', ['a × b']],
  ['', []],
])('locks of one name are one only where the variable is: %s', async (storage, expected) => {
  const unit = (field: string, declared: string) =>
    `#include "dev.h"\n${declared}void set_${field}(struct dev *d);\nvoid set_${field}(struct dev *d) { mutex_lock(&big); d->${field} = 1; mutex_unlock(&big); }\n`;
  const { report } = await analysed({
    'dev.h': dev,
    'one.c': unit('a', `${storage} DEFINE_MUTEX(big);\n`),
    'two.c': unit('b', storage === '' ? 'extern struct mutex big;\n' : 'static DEFINE_MUTEX(big);\n'),
  });
  const { hazards, ordered } = report.pairs;
  expect(hazards.map(pairText)).toEqual(expected);
  expect(hazards.every(({ known }) => known.includes('no lock in common'))).toBe(true);
  expect(ordered.map(({ why }) => why)).toEqual(expected.length === 0 ? ['both hold big'] : []);
});

test('a store far below its entry is not lost on the way', async () => {
  const calls = Array.from(
    { length: 40 },
    (_, i) => `static void f${i + 1}(struct dev *d) { f${i}(d); }`,
  ).join('\n');
  const { accesses } = await analysed({
    'deep.c': `${dev}static void f0(struct dev *d) { d->a = 1; }\n${calls}\nvoid entry(struct dev *d) { f40(d); }\n`,
  });
  expect(accesses.map(({ entry, path }) => [entry.function, path.length])).toEqual([['entry', 42]]);
});
