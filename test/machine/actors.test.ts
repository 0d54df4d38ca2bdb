// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import { bind, close, countUp, load, lowPowerExit, open, scenario } from '../../src/index.js';
import type { RaceScenario } from '../../src/scenario/scenario.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { Actors } from '../support/actors.js';
import { build, caseOf, closeToolchains, race, replaced } from '../support/race.js';

afterAll(closeToolchains);

const counting = scenario({
  title: 'two count',
  devices: { F: { flags: true } },
  setup: [countUp('F')],
  actors: { one: [countUp('F'), countUp('F')], two: [countUp('F')] },
  observe: {
    count: 'F.count',
    first: { returned: 'one', step: 0 },
    second: { returned: 'one', step: 1 },
    other: { returned: 'two', step: 0 },
  },
  outcomes: [{ when: { count: 4 }, grade: 'acceptable', note: 'all counted' }],
});

/** What opens and closes devices allocates and frees. */
const opening = scenario({
  title: 'two open devices of their own',
  devices: { A: { intx: true }, B: { intx: true } },
  setup: [load('vfio-pci'), bind('A'), bind('B')],
  actors: { one: [open('A'), close('A'), open('A')], two: [open('B'), close('B'), open('B')] },
  observe: { opened: { returned: 'one', step: 0 } },
  outcomes: [{ when: { opened: 0 }, grade: 'acceptable', note: 'it opens' }],
});

describe('an actor', () => {
  test('does all of its steps as a task of its own, and its state has what they returned', async () => {
    const actors = await Actors.start(await build('base'), counting);
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
      devices: { ...counting.devices, A: {} },
      actors: { one: [countUp('F'), lowPowerExit('A')], two: [countUp('F')] },
    };
    const actors = await Actors.start(await build('base'), failing);
    for (let i = 0; i < 2; i++) {
      await actors.inOrder(0);
      expect([0, 1].map((step) => actors.state(0).get(`errors[${step}]`))).toEqual([0, 1]);
      expect(actors.state(0).get('returned[1]')).toBeLessThan(0);
    }
    await actors.stop();
  });

  test.each(['sim_access', 'sim_copy'])('%s is but a placeholder', async (name) => {
    const actors = await Actors.start(await build('base'), counting);
    await expect(actors.machine.call(0, name, 0, 0, 0, 0)).rejects.toMatchObject({ name: 'Trap' });
    await actors.stop();
  });
});

/** The C of the counting step, replaced by this. */
const counts = (body: string, before = '') => ({
  mutate: (tree: FileTree) =>
    replaced(
      replaced(tree, 'lab/flags.c', '\treturn flags ? ++flags->count : -ENODEV;\n', `${body}\n`),
      'lab/flags.c',
      '#include "lab/lab.h"\n',
      `#include <linux/rcupdate.h>\n#include <linux/slab.h>\n#include "lab/lab.h"\n${before}`,
    ),
});

describe('lanes', () => {
  const { devices, setup } = opening;

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
    const leaking = {
      ...opening,
      devices: { ...devices, F: { flags: true } },
      setup: [...setup!, open('A'), open('B')],
      actors: { one: [countUp('F')], two: [countUp('F'), countUp('F')] },
    } as RaceScenario;
    const mutant = await build('base', counts('\treturn !kmalloc(24, GFP_KERNEL);'));
    const actors = await Actors.start(mutant, leaking, { watch: true });
    await actors.inOrder(0, 1);
    const one = actors.machine.global('lab_one');
    one.set('step.op', actors.machine.enumerator('lab_op', 'LAB_OP_SHUTDOWN'));
    await actors.machine.call(0, 'lab_run_one');
    expect(one.get('returned')).toBe(3);
    expect(new Set(actors.found.map(({ kind }) => kind))).toEqual(new Set(['leaked']));
    expect(actors.found.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(actors.found[0]!.object).toMatch(/^\[\d+ bytes allocated by '\w+' in lab_count_up\]/);
    expect(actors.found[0]!.stack.map((frame) => frame.function)).toContain('lab_count_up');
    await actors.stop();
  });

  test('are shadowed like the rest of the arena', async () => {
    const actors = await Actors.start(await build('base'), opening, { watch: true });
    const { machine, arena } = actors;
    const lanes = new Uint32Array(machine.memory.buffer, arena.get('lanes'), 8);
    const [first, second] = [lanes[0]!, lanes[4]!];
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
    const mutant = await build('base', counts('\tkfree(flags);\n\treturn 0;'));
    const both: RaceScenario = {
      ...counting,
      setup: [],
      actors: { one: [countUp('F')], two: [countUp('F')] },
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
  /** Slots of flags whose counting step begins a reader's section, ends it, frees, as the task of a lane. */
  const [BEGIN, END, FREE] = [1, 2, 3];
  const body = `
	static const char key;
	struct rcu_head *head = stub_static_of(NULL, &key, sizeof(*head));
	if (step->device == 1)
		rcu_read_lock();
	else if (step->device == 2)
		rcu_read_unlock();
	else
		call_rcu(head, done);
	return flags->count;`;
  const before = `
static void done(struct rcu_head *head)
{
	(void)head;
	((struct lab_instance *)current_task->arena->root)->device[3].flags->count++;
}
`;

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
    const mutant = await build('base', counts(body, before));
    const what: RaceScenario = {
      ...opening,
      devices: { A: {}, begin: { flags: true }, end: { flags: true }, free: { flags: true } },
      setup: [],
      actors: { one: [open('A')], two: [open('A')], three: [open('A')] },
      observe: { freed: 'free.count' },
      outcomes: [],
    };
    const actors = await Actors.start(mutant, what);
    const { machine } = actors;
    const one = machine.global('lab_one');
    one.set('step.op', machine.enumerator('lab_op', 'LAB_OP_COUNT_UP'));
    for (const [lane, slot] of steps) {
      machine.global('lab_workers', 0).set('task.lane', lane);
      one.set('step.device', slot);
      await machine.call(0, 'lab_run_one');
    }
    expect(await actors.observe()).toEqual({ freed });
    await actors.stop();
  });
});
