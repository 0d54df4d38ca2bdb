// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { type RaceScenario, scenario } from '../../src/scenario/scenario.js';
import { op } from '../../src/scenario/step.js';
import { countUp } from '../../subjects/bare-flags/steps.js';
import * as vfio from '../../subjects/vfio-pci/index.js';
import { bind, close, load, open, shutdown } from '../../subjects/vfio-pci/index.js';
import { Actors } from '../support/actors.js';
import { counts, flagsBuild, withMore } from '../support/flags.js';
import { doesPart, withParts } from '../support/parts.js';
import { build, caseOf, closeToolchains, race } from '../support/race.js';
import { changed } from '../support/vfio.js';

afterAll(closeToolchains);

const counting = scenario({
  title: 'two count',
  setup: [countUp()],
  actors: { one: [countUp(), countUp()], two: [countUp()] },
  observe: {
    count: 'count',
    first: { returned: 'one', step: 0 },
    second: { returned: 'one', step: 1 },
    other: { returned: 'two', step: 0 },
  },
  outcomes: [{ when: { count: 4 }, grade: 'acceptable', note: 'all counted' }],
});

/** What opens and closes devices allocates and frees. */
const opening = vfio.scenario({
  title: 'two open devices of their own',
  devices: { A: { intx: true }, B: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), bind('B')],
  actors: { one: [open('A'), close('A'), open('A')], two: [open('B'), close('B'), open('B')] },
  observe: { opened: { returned: 'one', step: 0 } },
  outcomes: [{ when: { opened: 0 }, grade: 'acceptable', note: 'it opens' }],
});

describe('an actor', () => {
  test('does all of its steps as a task of its own, and its state has what they returned', async () => {
    const actors = await Actors.start(await flagsBuild(), counting);
    await actors.inOrder(1, 0);
    expect(await actors.observe()).toEqual({ count: 4, first: 3, second: 4, other: 2 });
    await actors.inOrder(0, 1);
    expect(await actors.observe()).toEqual({ count: 4, first: 2, second: 3, other: 4 });
    expect(actors.state(1).getText('task.comm', 16)).toBe('two');
    expect(actors.state(0).get('step')).toBe(2);
    await actors.stop();
  });

  test('keeps which steps failed, and nothing of the time before', async () => {
    const failing = {
      ...counting,
      actors: { one: [countUp(), op('flag_write', 99, 1)], two: [countUp()] },
    };
    const actors = await Actors.start(await flagsBuild(), failing);
    for (let i = 0; i < 2; i++) {
      await actors.inOrder(0);
      expect([0, 1].map((step) => actors.state(0).get(`errors[${step}]`))).toEqual([0, 1]);
      expect(actors.state(0).get('returned[1]')).toBeLessThan(0);
    }
    await actors.stop();
  });

  test.each(['sim_access', 'sim_copy'])('%s is but a placeholder', async (name) => {
    const actors = await Actors.start(await flagsBuild(), counting);
    await expect(actors.machine.call(0, name, 0, 0, 0, 0)).rejects.toMatchObject({ name: 'Trap' });
    await actors.stop();
  });
});

describe('lanes', () => {
  /** All of the machine but what lies in lanes, pointers to there included. */
  async function shared(actors: Actors, ...order: number[]): Promise<Uint8Array> {
    await actors.inOrder(...order);
    const { arena, machine } = actors;
    return new Uint8Array(machine.memory.buffer).slice(arena.address, arena.get('first.next'));
  }

  test('make all be where it is, whoever comes first', async () => {
    const actors = await Actors.start(await build('base'), opening);
    const one = await shared(actors, 0, 1);
    expect(await shared(actors, 1, 0)).toEqual(one);
    expect(await shared(actors, 0)).not.toEqual(one);
    expect(actors.found).toEqual([]);
    await actors.stop();
  });
  test('are what does so', async () => {
    const actors = await Actors.start(await build('base'), opening, { lanes: false });
    const one = await shared(actors, 0, 1);
    expect(await shared(actors, 0, 1)).toEqual(one);
    expect(await shared(actors, 1, 0)).not.toEqual(one);
    await actors.stop();
  });

  test('are looked through for what was left behind', async () => {
    const parts = { leak: 'return !kmalloc(24, GFP_KERNEL);' };
    const leak = doesPart(parts, 'leak');
    const mutant = await build('base', { mutate: (tree) => withParts(tree, parts, ['slab']) });
    const leaking = changed(opening, {
      setup: [...opening.setup!, open('A'), open('B')],
      actors: { one: [leak], two: [leak, leak] },
    });
    const actors = await Actors.start(mutant, leaking, { watch: true });
    await actors.inOrder(0, 1);
    expect(await actors.run(shutdown())).toBe(3);
    expect(new Set(actors.found.map(({ kind }) => kind))).toEqual(new Set(['leaked']));
    expect(actors.found.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(actors.found[0]!.object).toMatch(/^\[\d+ bytes allocated by '\w+' in op_part\]/);
    expect(actors.found[0]!.stack.map((frame) => frame.function)).toContain('op_part');
    await actors.stop();
  });

  test('are shadowed like the rest of the arena', async () => {
    const actors = await Actors.start(await build('base'), opening, { watch: true });
    const { machine, arena } = actors;
    const words = machine.debugInfo.struct('stub_lane').size / 4;
    const lanes = new Uint32Array(machine.memory.buffer, arena.get('lanes'), 2 * words);
    const [first, second] = [lanes[0]!, lanes[words]!];
    const found = async (address: number) => {
      machine.global('stub_violations').set('count', 0);
      await machine.call(0, 'stub_check_access', address, 4, 0);
      return actors.found.map(({ kind }) => kind);
    };
    // A small object lies right behind its header; what the first open of each allocates is freed by its close.
    await actors.inOrder(0);
    expect(await found(first + 8)).toEqual(['use-after-free']);
    expect(await found(lanes[2]! + 8)).toEqual([]);
    expect(await found(second + 8)).toEqual(['out-of-bounds']);
    await actors.inOrder(1);
    expect(await found(first + 8)).toEqual(['out-of-bounds']);
    expect(await found(second + 8)).toEqual(['use-after-free']);
    await actors.stop();
  });
});

describe('of two that free an object at once', () => {
  test('one learns that it is late, every time', async () => {
    const body = '\tif (thing)\n\t\tkfree(thing);\n\telse\n\t\tthing = kmalloc(8, GFP_KERNEL);\n\treturn 0;';
    const mutant = await flagsBuild(counts(body, '#include <linux/slab.h>\nstatic void *thing;\n'));
    const both: RaceScenario = {
      ...counting,
      actors: { one: [countUp()], two: [countUp()] },
      observe: { one: { returned: 'one', step: 0 } },
      outcomes: [{ when: { one: 0 }, grade: 'acceptable', note: 'freed' }],
    };
    const { violations, samples } = await race(caseOf(both, 'base', mutant), { workers: 2 });
    expect(new Set(violations.map(({ kind }) => kind))).toEqual(new Set(['double-free']));
    // The last batch, of a multiple of 64 instances, may have run without being looked at.
    const more = violations.reduce((sum, { count }) => sum + count, 0) - samples;
    expect(more).toBeGreaterThanOrEqual(0);
    expect(more % 64).toBe(0);
  });
});

describe('RCU', () => {
  /** What the task of a lane does: it begins a reader's section, ends it, frees. All in one step, which no section outlasts. */
  const [BEGIN, END, FREE] = [1, 2, 3];
  const more = withMore(`
#include <linux/rcupdate.h>
#include "kernel/stub.h"
#include "lab/op.h"

LAB_ROOT(u32, freed);
static struct rcu_head head;

static void done(struct rcu_head *done)
{
	(void)done;
	freed++;
}

LAB_OP(rcu, u32 first, u32 second, u32 third, u32 fourth, u32 fifth)
{
	const u32 all[] = { first, second, third, fourth, fifth };
	struct stub_task *own = current_task, tasks[4];

	for (u32 lane = 0; lane < 4; lane++) {
		tasks[lane] = *own;
		tasks[lane].lane = lane;
	}
	for (u32 i = 0; i < 5; i++) {
		current_task = &tasks[all[i] / 4];
		if (all[i] % 4 == 1)
			rcu_read_lock();
		else if (all[i] % 4 == 2)
			rcu_read_unlock();
		else if (all[i] % 4 == 3)
			call_rcu(&head, done);
	}
	current_task = own;
	return 0;
}
`);

  test.each([
    ['without readers, at once', [[0, FREE]], 1],
    [
      'after the reader that is there',
      [
        [1, BEGIN],
        [2, FREE],
      ],
      0,
    ],
    [
      'when that ends',
      [
        [1, BEGIN],
        [2, FREE],
        [1, END],
      ],
      1,
    ],
    [
      'not while another is left',
      [
        [1, BEGIN],
        [3, BEGIN],
        [2, FREE],
        [1, END],
      ],
      0,
    ],
    [
      'when all have ended',
      [
        [1, BEGIN],
        [3, BEGIN],
        [2, FREE],
        [1, END],
        [3, END],
      ],
      1,
    ],
    [
      'not while a section inside another ends',
      [
        [2, BEGIN],
        [2, BEGIN],
        [1, FREE],
        [2, END],
      ],
      0,
    ],
    [
      'after a reader without a lane',
      [
        [0, BEGIN],
        [1, FREE],
      ],
      0,
    ],
    [
      '... when that ends',
      [
        [0, BEGIN],
        [1, FREE],
        [0, END],
      ],
      1,
    ],
    [
      'after its own section',
      [
        [1, BEGIN],
        [1, FREE],
      ],
      0,
    ],
    [
      '... when that ends',
      [
        [1, BEGIN],
        [1, FREE],
        [1, END],
      ],
      1,
    ],
  ] as const)('frees %s', async (_, steps, freed) => {
    const actors = await Actors.start(await flagsBuild(more), {
      ...counting,
      observe: { freed: 'freed' },
      outcomes: [],
    });
    await actors.run(op('rcu', ...steps.map(([lane, what]) => lane * 4 + what)));
    expect(await actors.observe()).toEqual({ freed });
    await actors.stop();
  });
});
