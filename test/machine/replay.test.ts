// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { type RaceScenario, scenario } from '../../src/scenario/scenario.js';
import { op } from '../../src/scenario/step.js';
import { countUp } from '../../subjects/bare-flags/steps.js';
import { Actors } from '../support/actors.js';
import { counts, flagsBuild, withMore } from '../support/flags.js';
import { closeToolchains } from '../support/race.js';

afterAll(closeToolchains);

// Here the gate is called by hand, where otherwise an instrumented module does.

const gate = 'void lab_gate(u32 address, u32 bytes, u32 what);\n';

/** The counting step, its ticks reported to the gate. */
const twoAccesses = counts(
  `
	volatile u32 *at = &count;
	u32 seen;
	lab_gate((u32)at, 4, 0);
	seen = *at;
	lab_gate((u32)at, 4, 16 | 1);
	*at = seen + 1;
	return seen + 1;`,
  gate,
);

/** Locks, the taking of which is. */
const oneLock = withMore(`
#include "kernel/stub.h"
#include "lab/op.h"
${gate}
LAB_ROOT(u32, F);
LAB_ROOT(u32, G);

LAB_OP(take, bool g)
{
	u32 *lock = g ? &G : &F;

	lab_gate((u32)lock, 4, 8);
	stub_acquire(lock, 1, 1);
	return 0;
}
`);
const [takeF, takeG] = [op('take', 0), op('take', 1)];

type Runs = readonly (readonly [actor: number, ticks: number])[];

const counting = scenario({
  title: 'two count',
  actors: { one: [countUp(), countUp()], two: [countUp(), countUp()] },
  observe: {
    count: 'count',
    one: { returned: 'one', step: 1 },
    two: { returned: 'two', step: 1 },
  },
  outcomes: [{ when: { count: 4 }, grade: 'acceptable', note: 'all counted' }],
});

/** All ways to bring so many ticks of each actor into an order. */
function orders(left: readonly number[]): number[][] {
  if (left.every((ticks) => ticks === 0)) return [[]];
  return left.flatMap((ticks, actor) =>
    ticks === 0 ? [] : orders(left.map((n, i) => (i === actor ? n - 1 : n))).map((rest) => [actor, ...rest]),
  );
}

/** The same as runs, and what comes out of it where every two ticks of an actor are a load and a store. */
function meaning(order: readonly number[]): { runs: Runs; values: Record<string, number> } {
  const runs: [number, number][] = [];
  const done = [0, 0];
  const seen = [0, 0];
  let count = 0;
  for (const actor of order) {
    if (runs.at(-1)?.[0] === actor) runs.at(-1)![1]++;
    else runs.push([actor, 1]);
    if (done[actor]!++ % 2 === 0) seen[actor] = count;
    else count = seen[actor]! + 1;
  }
  return { runs, values: { count, one: seen[0]! + 1, two: seen[1]! + 1 } };
}

describe('a schedule', () => {
  test('is what real threads do, whichever it is', async () => {
    const actors = await Actors.start(await flagsBuild(twoAccesses), counting);
    const all = orders([4, 4]);
    expect(all).toHaveLength(70);
    for (const { runs, values } of all.map(meaning)) {
      const { ended } = await actors.begin(...runs);
      await ended;
      expect({ runs, values: await actors.observe() }).toEqual({ runs, values });
      expect(actors.replay.get('diverged')).toBe(0);
      expect(actors.replay.get('turn')).toBe(runs.length);
      expect([0, 1].map((actor) => actors.replay.get(`last[${actor}]`))).toEqual([4, 4]);
    }
    await actors.stop();
  });

  test('is that too where all threads sleep at once', async () => {
    const actors = await Actors.start(await flagsBuild(twoAccesses), counting);
    actors.machine.setScalar('stub_spins', 0);
    for (const { runs, values } of orders([4, 4]).slice(0, 20).map(meaning)) {
      const { ended } = await actors.begin(...runs);
      await ended;
      expect({ runs, values: await actors.observe() }).toEqual({ runs, values });
    }
    await actors.stop();
  });

  test('may have runs without ticks', async () => {
    const actors = await Actors.start(await flagsBuild(twoAccesses), counting);
    const { ended } = await actors.begin([0, 0], [1, 1], [0, 2], [0, 0], [1, 3], [0, 2], [1, 0], [0, 0]);
    await ended;
    expect(await actors.observe()).toEqual({ count: 3, one: 3, two: 2 });
    expect(actors.replay.get('diverged')).toBe(0);
    await actors.stop();
  });

  test.each<[string, Runs, diverged: number]>([
    [
      'ends before an actor',
      [
        [0, 4],
        [1, 3],
      ],
      2,
    ],
    [
      'ends before an actor that still has to wait',
      [
        [0, 3],
        [1, 4],
      ],
      1,
    ],
    [
      'is longer than an actor',
      [
        [0, 4],
        [1, 5],
      ],
      2,
    ],
    [
      'is longer than an actor in the middle',
      [
        [0, 5],
        [1, 4],
      ],
      1,
    ],
    [
      'has another run for an actor that is done',
      [
        [0, 4],
        [1, 4],
        [0, 1],
      ],
      3,
    ],
    ['does not know an actor', [[0, 4]], 2],
    ['is empty', [], 1],
  ])('that %s is recognised, and no thread is kept', async (_, runs, diverged) => {
    const actors = await Actors.start(await flagsBuild(twoAccesses), counting);
    const { ended } = await actors.begin(...runs);
    await ended;
    expect(actors.replay.get('diverged')).toBe(diverged);
    // The next one starts afresh.
    const again = meaning([0, 1, 1, 0, 0, 0, 1, 1]);
    await (await actors.begin(...again.runs)).ended;
    expect(await actors.observe()).toEqual(again.values);
    expect(actors.replay.get('diverged')).toBe(0);
    await actors.stop();
  });

  test('is left by all on request', async () => {
    const actors = await Actors.start(await flagsBuild(twoAccesses), counting);
    actors.machine.setScalar('stub_spins', 0);
    // Nobody is the third actor, so that the second waits for ever.
    const { ended } = await actors.begin([0, 4], [2, 1], [1, 4]);
    const turn = new Int32Array(actors.machine.memory.buffer, actors.replay.addressOf('turn'), 1);
    while (Atomics.load(turn, 0) !== 1) await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.store(turn, 0, -1);
    Atomics.notify(turn, 0);
    await ended;
    expect(await actors.observe()).toEqual({ count: 4, one: 2, two: 4 });
    expect(actors.replay.get('diverged')).toBe(0);
    await actors.stop();
  });
});

describe('a schedule that leads to a deadlock', () => {
  const crossed: RaceScenario = {
    ...counting,
    actors: { one: [takeF, takeG], two: [takeG, takeF] },
    observe: { F: 'F' },
  };

  test('ends with all of them waiting for their locks', async () => {
    const actors = await Actors.start(await flagsBuild(oneLock), crossed);
    const { ended } = await actors.begin([0, 1], [1, 1]);
    const waiting = () => [0, 1].map((actor) => actors.state(actor).get('task.blocked_on'));
    while (waiting().includes(0)) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(waiting()[0]).not.toBe(waiting()[1]);
    expect(actors.replay.get('diverged')).toBe(0);
    expect(actors.replay.get('turn')).toBe(2);
    let settled = false;
    ended.then(
      () => (settled = true),
      () => (settled = true),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).toBe(false);
    await actors.stop();
  });

  test('is distinguished from one that leaves out an actor that could go on', async () => {
    const actors = await Actors.start(await flagsBuild(oneLock), {
      ...crossed,
      actors: { one: [takeF], two: [takeG] },
    });
    const { ended } = await actors.begin([0, 1]);
    await ended;
    expect(actors.replay.get('diverged')).toBe(2);
    await actors.stop();
  });
});
