// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { race, replay, run, simulate } from '../../src/api.js';
import type { Result } from '../../src/verify/result.js';
import { quickest } from '../support/race.js';

/** Variables of all kinds that keep what they were set to: a machine that begins has them as the file initialises them. */
const code = `#include <linux/types.h>

static u32 opens, closes = 10;
static u32 *last = &opens;
static u32 **to_last = &last;
static struct counter { u32 *value; u32 weight; } counters[] = { { &opens, 1 }, { &closes, 3 } };
static u32 handled = 7;

static u32 on_open(u32 n)
{
	static u32 inside = 100;

	return inside += n;
}

static u32 on_close(u32 n)
{
	static u32 inside;
	static u32 *mine = &inside;

	*mine += 10 * n;
	return inside;
}

static u32 (*const handlers[])(u32) = { on_open, on_close };

u32 handle(u32 which)
{
	*counters[which].value += counters[which].weight;
	*to_last = counters[which].value;
	handled++;
	return handlers[which](counters[which].weight);
}

u32 last_value(void)
{
	return *last;
}
`;

const steps = `[
  call('handle', 0), call('handle', 0), call('handle', 1),
  observe('opens', 'opens'), observe('closes', 'closes'), observe('handled', 'handled'),
  observe('returned', call('handle', 0)), observe('last', call('last_value')),
]`;

const files = {
  'statics.c': code,
  'sequence.ts': `import { call, observe, sequence } from 'lostbit';
export default sequence({
  title: 'Steps one after the other, twice on machines of their own',
  source: './statics.c',
  sequences: { first: ${steps}, again: ${steps} },
  outcomes: [{ when: {}, grade: 'acceptable', note: 'looked at below' }],
});
`,
  'race.ts': `import { call, returned, scenario } from 'lostbit';
export default scenario({
  title: 'Two handle at the same time',
  source: './statics.c',
  actors: { one: [call('handle', 0)], other: [call('handle', 1)] },
  observe: {
    opens: 'opens', closes: 'closes', handled: 'handled', last: 'last', table: 'counters[1].weight',
    one: returned('one', 0), other: returned('other', 0),
  },
  outcomes: [
    { when: { handled: 9 }, grade: 'acceptable', note: 'both are counted' },
    { when: { handled: 8 }, grade: 'forbidden', note: 'one is lost' },
  ],
});
`,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lostbit-statics-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});
afterAll(() => rm(folder, { recursive: true }));

const valuesOf = ({ outcomes }: Result) => outcomes.map(({ values }) => values);
const whatever = { opens: 1, closes: 13, last: 1, table: 3, one: 101, other: 30 };
const both = [
  { ...whatever, handled: 8 },
  { ...whatever, handled: 9 },
];

test('run begins each sequence with variables as they are initialised', async () => {
  const toolchain = await quickest;
  const result = await run(join(folder, 'sequence.ts'), { toolchain });
  expect(valuesOf(result)).toEqual([{ opens: 2, closes: 13, handled: 10, returned: 103, last: 3 }]);
  expect(result.samples).toBe(2);
});

test('simulate, replay and race have the same outcomes, also with 512 machines a group', async () => {
  const toolchain = await quickest;
  const scenario = join(folder, 'race.ts');
  const explored = await simulate(scenario, { toolchain });
  expect(explored).toMatchObject({ exhaustive: true, verdict: 'fails' });
  const found = valuesOf(explored);
  expect(found).toHaveLength(2);
  expect(found).toEqual(expect.arrayContaining(both));

  for (const { schedule, values } of explored.outcomes) {
    const replayed = await replay(schedule!, { toolchain, times: 20 });
    expect(replayed.replayed).toMatchObject({ times: 20, same: 20 });
    expect(valuesOf(replayed)).toEqual([values]);
  }

  // Four threads share the processors of a small machine, where a group has 512 machines for 64.
  for (const workers of [2, 2 * Math.max(2, (await import('node:os')).availableParallelism())]) {
    const raced = valuesOf(await race(scenario, { toolchain, seconds: 1, workers }));
    expect(raced.length).toBeGreaterThan(0);
    expect(both).toEqual(expect.arrayContaining(raced));
    expect(raced).toContainEqual(both[1]);
  }
});
