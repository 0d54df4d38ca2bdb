// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { functionsIn } from '../../src/hazards/ir/operations.js';
import { unitFacts } from '../../src/hazards/unit-facts.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { damaged } from '../support/seed.js';

afterAll(closeToolchains);

const source = `
struct lock { int word; };
struct dev { struct lock lock; struct dev *next; unsigned a:1; unsigned b:1; int (*run)(struct dev *d); };
void mutex_lock(struct lock *l); void mutex_unlock(struct lock *l); int mutex_trylock(struct lock *l);
static int set(struct dev *d, int how) { switch (how) { case 1: d->a = 1; break; case 2: d->b = 1; } return how; }
int walk(struct dev *d, int n)
{
	int sum = 0;
	for (struct dev *p = d; p && n--; p = p->next) {
		if (!mutex_trylock(&p->lock)) continue;
		p->a = n; sum += p->run ? p->run(p) : set(p, 1);
		mutex_unlock(&p->lock);
	}
	mutex_lock(&d->lock); set(d, 2); mutex_unlock(&d->lock);
	return sum;
}
struct dev first = { .run = 0 };
`;

let module: string;
beforeAll(async () => {
  const flags = [
    '--target=x86_64-linux-gnu',
    '-O1',
    '-g',
    '-fno-discard-value-names',
    '-Xclang',
    '-disable-llvm-passes',
    '-w',
  ];
  const { bytes } = await (await toolchain()).lower(
    'd.c',
    new Map([['d.c', source]]),
    flags,
    undefined,
    undefined,
    false,
  );
  module = Buffer.from(bytes).toString('utf8');
});

const analyse = (text: string) => unitFacts({ unit: 'd.c', text: source }, text);

test('the text as it is says everything', () => {
  expect(
    functionsIn(module)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['set', 'walk']);
  expect(analyse(module).functions.flatMap(({ writes }) => writes).length).toBeGreaterThanOrEqual(3);
});

/** Cut off, a part left out, lines doubled or swapped, characters and words changed. */
const change = fc.oneof(
  fc.nat().map((at) => (text: string) => text.slice(0, at % text.length)),
  fc.tuple(fc.nat(), fc.nat(200)).map(
    ([at, size]) =>
      (text: string) =>
        text.slice(0, at % text.length) + text.slice((at % text.length) + size),
  ),
  fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => (text: string) => {
    const lines = text.split('\n');
    const [a, b] = [from % lines.length, to % lines.length];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    return lines.join('\n');
  }),
  fc.nat().map((at) => (text: string) => {
    const lines = text.split('\n');
    return lines.toSpliced(at % lines.length, 0, lines[at % lines.length]!).join('\n');
  }),
  fc
    .tuple(
      fc.nat(),
      fc.constantFrom(
        '(',
        ')',
        '[',
        '{',
        '"',
        '%',
        '@',
        '!',
        ',',
        ' ',
        '0',
        '\n',
        '%p.addr',
        '!dbg !0',
        'label %entry',
        '\u0000',
      ),
    )
    .map(
      ([at, noise]) =>
        (text: string) =>
          text.slice(0, at % text.length) + noise + text.slice(at % text.length),
    ),
  fc.tuple(fc.nat(), fc.nat(400)).map(([at, number]) => (text: string) => {
    const all = [...text.matchAll(/!\d+/g)];
    if (all.length === 0) return text;
    const { index, 0: one } = all[at % all.length]!;
    return `${text.slice(0, index)}!${number}${text.slice(index + one.length)}`;
  }),
);

test('of damaged text nothing is thrown but an error that says so', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const text = changes.reduce((all, one) => (all === '' ? all : one(all)), module);
      for (const one of functionsIn(text)) one.blocks.forEach(({ ending }) => void ending);
      try {
        analyse(text);
        read++;
      } catch (error) {
        if (!(error instanceof LostbitError)) throw error;
        expect(error.code).toBe('E_BAD_IR');
      }
    }),
    { numRuns: damaged(300) },
  );
  expect(read).toBeGreaterThan(50);
});
