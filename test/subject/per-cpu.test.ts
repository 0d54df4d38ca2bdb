// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { race, run, simulate } from '../../src/api.js';
import { quickest } from '../support/race.js';

let dir: string;
let options: { toolchain: 'clang' | 'llvm' };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-per-cpu-'));
  options = { toolchain: (await quickest) as 'clang' | 'llvm' };
  await writeFile(
    join(dir, 'count.c'),
    `#include <linux/percpu.h>
struct pair { int a, b; };
DEFINE_PER_CPU(int, count);
DEFINE_PER_CPU(struct pair, pair);
static void up(int by) { *this_cpu_ptr(&count) += by; this_cpu_ptr(&pair)->b += by; }
`,
  );
});
afterAll(() => rm(dir, { recursive: true }));

/** A race of two, with the counts that are observed and what is known of each. */
async function raceOf(one: string, other: string, observe: string, more = ''): Promise<string> {
  const path = join(dir, 'count.ts');
  const text = `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'two count', source: './count.c', setup: [call('up', 100)],
  actors: { one: ${one}, other: ${other} }, observe: ${observe}, ${more}
  outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
});`;
  await writeFile(path, text);
  return path;
}

const own = { one: "[call('up', 1)]", other: "[call('up', 2)]" };

test.each([
  ['count', "'count_per_cpu[1]' is that of processor 1"],
  ['pair.b', "'pair_per_cpu[1].b' is that of processor 1"],
])('%s is a variable of each processor', async (path, hint) => {
  await expect(simulate(await raceOf(own.one, own.other, `{ n: '${path}' }`), options)).rejects.toMatchObject(
    {
      code: 'E_UNKNOWN_FIELD',
      message: `${path}: each processor has a '${path.split('.')[0]}' of its own`,
      advice: { hint: expect.stringContaining(hint) },
    },
  );
});

const counts =
  "{ a: 'count_per_cpu[0]', b: 'count_per_cpu[6]', c: 'count_per_cpu[7]', d: 'pair_per_cpu[7].b' }";

test('actors that name no processor have the last ones, in their order', async () => {
  const { outcomes } = await simulate(await raceOf(own.one, own.other, counts), options);
  expect(outcomes.map(({ values }) => values)).toEqual([{ a: 100, b: 2, c: 1, d: 1 }]);
});

test('a processor that an actor names is not given to another', async () => {
  const one = "{ cpu: 7, steps: [call('up', 1)], context: 'irq' }";
  const { outcomes } = await simulate(await raceOf(one, own.other, counts), options);
  expect(outcomes.map(({ values }) => values)).toEqual([{ a: 100, b: 2, c: 1, d: 1 }]);
});

test('an actor may name a processor that no other is on, in every engine', async () => {
  const at = (cpu: number, by: number) => `{ cpu: ${cpu}, steps: [call('up', ${by})] }`;
  const observed = "{ a: 'count_per_cpu[1]', b: 'count_per_cpu[2]', c: 'count_per_cpu[7]' }";
  const path = await raceOf(at(1, 1), at(2, 2), observed);
  const results = [
    await simulate(path, options),
    await run(path, options),
    await race(path, { ...options, seconds: 1 }),
  ];
  for (const { outcomes, verdict } of results) {
    expect(outcomes.map(({ values }) => values)).toEqual([{ a: 1, b: 2, c: 0 }]);
    expect(verdict).toBe('holds');
  }
});

test('what is alone on a processor is interrupted by nobody', async () => {
  const one = "{ cpu: 1, context: 'irq', steps: [call('up', 1)] }";
  const other = "{ cpu: 2, steps: [call('up', 2)] }";
  const { samples, outcomes } = await simulate(await raceOf(one, other, counts), options);
  expect([samples, outcomes.length]).toEqual([1, 1]);
});

test('nothing need be observed: violations are seen all the same, in every engine', async () => {
  const path = await raceOf(own.one, own.other, '{}');
  const leaky = (text: string) => text.replace(/'up'/g, "'leak'").replace('count.c', 'leak.c');
  await writeFile(
    join(dir, 'leak.c'),
    `#include <linux/slab.h>
#include <linux/types.h>
static void *kept;
static void leak(int n) { kfree(kept); kept = kmalloc(n, GFP_KERNEL); }
`,
  );
  const good = [
    await simulate(path, options),
    await run(path, options),
    await race(path, { ...options, seconds: 1 }),
  ];
  for (const { outcomes, verdict } of good) {
    expect(outcomes.map(({ values, grade }) => [values, grade])).toEqual([[{}, 'acceptable']]);
    expect(verdict).toBe('holds');
  }
  await writeFile(path, leaky(await readFile(path, 'utf8')));
  const { verdict, violations } = await simulate(path, options);
  expect(verdict).toBe('fails');
  expect(violations.map(({ kind }) => kind)).toContain('double-free');
});
