// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, simulate } from '../../src/api.js';
import { waitText } from '../../src/engine/wait-text.js';
import { driverCall } from '../../src/verify/driver-code.js';
import { directoryOf } from '../source/fixture.js';
import { quickest } from '../support/race.js';

const c = `#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

static DEFINE_SPINLOCK(lock);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static int done, count;

void sleeps(void)
{
	spin_lock(&lock);
	kfree(kmalloc(8, GFP_KERNEL));
	spin_unlock(&lock);
}

void counts(void)
{
	count++;
}

static void polls(void)
{
	while (!done)
		;
}

void waits(void)
{
	wait_event(queue, done);
}
`;

async function fileOf(actors: string): Promise<string> {
  const folder = await directoryOf({
    'own.c': c,
    'own.ts': `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'Own', source: './own.c', actors: ${actors}, observe: { count: 'count' },
  outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
});
`,
  });
  return join(folder, 'own.ts');
}

test('a violation in a race has its place in the driver, and is the same one as without concurrency', async () => {
  const file = await fileOf("{ a: [call('sleeps')], b: [call('counts')] }");
  const options = { toolchain: await quickest };
  const [explored] = (await simulate(file, options)).violations;
  const [ran] = (await run(file, options)).violations;
  expect(explored).toMatchObject({ kind: 'sleep-in-atomic', object: null, task: 'a', context: 'process' });
  expect(driverCall(explored!.stack)).toEqual({ function: 'sleeps', file: 'own.c', line: 14 });
  expect(explored!.fingerprint).toBe(ran!.fingerprint);
});

test('who waits to be woken says so, whichever task it is', async () => {
  const file = await fileOf("{ a: [call('counts')], b: [call('waits')] }");
  const { violations } = await simulate(file, { toolchain: await quickest });
  expect(violations).toMatchObject([
    { kind: 'deadlock', message: "no actor can go on: 'b' waits for somebody to wake it up" },
  ]);
});

test('a function that has become a part of its step has its own name, and polls as gcc has it', async () => {
  const file = await fileOf("{ a: [call('polls')], b: [call('counts')] }");
  const { violations, verdict } = await simulate(file, { toolchain: await quickest });
  expect(verdict).toBe('fails');
  expect(violations).toMatchObject([
    { kind: 'livelock', message: expect.stringContaining("'a' in 'polls()', in polls (own.c") },
  ]);
});

describe("the stub kernel's own words mean", () => {
  test.each([
    ['cpu', 'processor 0, where an interrupt runs'],
    ['cpu[2].hard', 'processor 2, where an interrupt runs'],
    ['cpu[1].soft', 'processor 1, where a softirq runs'],
    ['lane[1].sleeps', 'somebody to wake it up'],
    ['timers.cpu[6]', "a timer's function to return"],
    ['pool.worker', 'a work item to end'],
    ['numbered[0].line[3].running', "an interrupt's handlers to return"],
    ['port.tx_lock', 'port.tx_lock'],
  ])('%s', (name, meaning) => {
    expect(waitText(name)).toBe(meaning);
  });
});
