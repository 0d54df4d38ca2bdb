// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { run, simulate } from '../../../src/api.js';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { contexts } from '../../../src/scenario/scenario.js';
import { orderName, ordersOf } from '../../../src/scenario/turns.js';
import type { Result } from '../../../src/verify/result.js';
import { directoryOf } from '../../source/fixture.js';
import { build, closeToolchains, quickest } from '../../support/race.js';

afterAll(closeToolchains);

const c = `#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(lock);
static DECLARE_COMPLETION(done);
static bool in_irq, in_soft, seen;
static int count;

int handle(void)
{
	in_irq = in_hardirq();
	return ++count;
}

void soft(void)
{
	in_soft = in_softirq();
	seen = in_hardirq();
}

void task(void)
{
	seen = in_interrupt();
}

void asleep(void)
{
	msleep(1);
}

u64 big(void)
{
	count++;
	return ~0ull - 4095;
}

int refused(void)
{
	return -16;
}

void wait(void)
{
	wait_for_completion(&done);
}

void give(void)
{
	complete(&done);
}

void twice(void)
{
	mutex_lock(&lock);
	mutex_lock(&lock);
}
`;

/** A race over this C at its only stage, its actors one after the other. */
async function taken(actors: string, observe = "{ count: 'count' }"): Promise<Result> {
  const folder = await directoryOf({
    'turns.c': c,
    'turns.ts': `import { call, returned, scenario } from 'lostbit';
export default scenario({
  title: 'Turns', source: './turns.c', actors: ${actors}, observe: ${observe},
  outcomes: [{ when: { count: 1 }, grade: 'acceptable', note: 'one' }, { when: {}, grade: 'interesting', note: 'other' }],
});
`,
  });
  return run(join(folder, 'turns.ts'), { toolchain: await quickest });
}

const texts = ({ violations }: Result) => violations.map(({ kind, context, task }) => [kind, task, context]);

test('each actor runs as what it is, in every order', async () => {
  const result = await taken(
    "{ irq: { steps: [call('handle')], context: 'irq' }, bh: { steps: [call('soft')], context: 'softirq' }, p: [call('task')] }",
    "{ irq: 'in_irq', soft: 'in_soft', seen: 'seen', count: returned('irq') }",
  );
  expect(result.runs.map(({ name }) => name)).toContain('bh then p then irq');
  expect(result.runs).toHaveLength(6);
  expect(result.outcomes.map(({ values, count }) => ({ ...values, times: count }))).toEqual([
    { irq: 1, soft: 1, seen: 0, count: 1, times: 6 },
  ]);
  expect(result).toMatchObject({ engine: 'run', verdict: 'holds', exhaustive: false, violations: [] });
  expect(result.runs[0]!.steps[0]).toMatchObject({ text: 'irq: handle()', value: 1 });
});

test.each(['irq', 'softirq'] as const)(
  'what may not be done in a %s is a violation there',
  async (context) => {
    const result = await taken(
      `{ a: { steps: [call('asleep')], context: '${context}' }, b: [call('asleep')] }`,
    );
    expect(texts(result)).toEqual([[expect.any(String), 'a', context]]);
    expect(result.verdict).toBe('fails');
  },
);

test('an order in which an actor waits for a later one is none', async () => {
  const result = await taken("{ a: [call('wait'), call('handle')], b: [call('give')] }");
  expect(result.violations).toEqual([]);
  expect(result.warnings).toEqual(["'a' waits for another one in the order a then b: that is none"]);
  expect(result.outcomes.map(({ values, count }) => [values, count])).toEqual([[{ count: 1 }, 1]]);
});

test('what is wrong before an actor waits is a violation', async () => {
  const result = await taken("{ a: [call('twice')], b: [call('give')] }");
  expect(texts(result)).toEqual([
    ['lock-held-twice', 'a', 'process'],
    ['lock-left-held', 'a', 'process'],
  ]);
});

test('an actor that always fails makes it undecided', async () => {
  const result = await taken("{ a: [call('refused')], b: [call('handle')] }");
  expect(result).toMatchObject({ verdict: 'undecided', agreement: 'differs' });
  expect(result.warnings).toEqual(["step 0 of 'a' (refused()) returned -EBUSY (-16) every time"]);
});

test('a value that is no errno is no failure', async () => {
  const result = await taken("{ a: [call('big')], b: [call('handle')] }");
  expect(result).toMatchObject({ verdict: 'holds', warnings: [] });
});

test('what a task can run as is the same on both sides', async () => {
  const { bytes } = await build('base');
  const known = DebugInfo.fromWasm(bytes).enumeration('stub_context');
  expect([...known.keys()].sort()).toEqual(contexts.map((one) => `STUB_${one.toUpperCase()}`).sort());
});

test('of many actors each is first once, and last once', () => {
  const actors = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, []]));
  const names = ordersOf({ actors }).map(orderName);
  expect(new Set(names.map((name) => name[0])).size).toBe(5);
  expect(new Set(names.map((name) => name.at(-1))).size).toBe(5);
  expect(new Set(names).size).toBe(10);
});

test('no outcome of these is unknown to the simulator', async () => {
  const folder = await directoryOf({
    'turns.c': c,
    'turns.ts': `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'Turns', source: './turns.c', actors: { a: [call('handle')], b: { steps: [call('handle')], context: 'irq' } },
  observe: { count: 'count', irq: 'in_irq' },
  outcomes: [{ when: {}, grade: 'interesting', note: 'any' }],
});
`,
  });
  const file = join(folder, 'turns.ts');
  const options = { toolchain: await quickest };
  const all = (await simulate(file, options)).outcomes.map(({ values }) => values);
  const some = (await run(file, options)).outcomes.map(({ values }) => values);
  expect(some.length).toBe(2);
  expect(all).toEqual(expect.arrayContaining(some));
  expect(all.length).toBeGreaterThan(some.length);
});
