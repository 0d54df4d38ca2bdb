// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as api from '../../src/api.js';
import { Replayer } from '../../src/engine/replay/replay.js';
import {
  type SimulateOptions,
  type SimulateResult,
  Simulation,
} from '../../src/engine/simulate/simulation.js';
import { type Context, type RaceScenario, returned } from '../../src/scenario/scenario.js';
import { irq, op, tasklet, timer, work } from '../../src/scenario/step.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { directoryOf } from '../source/fixture.js';
import { build, caseOf, closeToolchains, quickest, race, replaced } from '../support/race.js';

afterAll(closeToolchains);

const c = `#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <lab/op.h>

static DECLARE_COMPLETION(done);
static DECLARE_COMPLETION(more);
static DECLARE_COMPLETION(never);
static DEFINE_MUTEX(one);
static DEFINE_MUTEX(other);
static DEFINE_SPINLOCK(lock);
static int counted;

static void run(struct work_struct *work) { complete(&done); }
static void run_more(struct work_struct *work) { complete(&more); }
static void wait(struct work_struct *work) { wait_for_completion(&done); }
static void fire(struct timer_list *timer) { complete(&done); }
static void soft(struct tasklet_struct *tasklet) { complete(&done); }
static irqreturn_t hard(int line, void *cookie)
{
	spin_lock(&lock);
	counted++;
	spin_unlock(&lock);
	return IRQ_HANDLED;
}

static DECLARE_WORK(item, run);
static DECLARE_WORK(second, run_more);
static DECLARE_WORK(waiting, wait);
static DECLARE_DELAYED_WORK(late, run);
static DEFINE_TIMER(clock, fire);
static DECLARE_TASKLET(bottom, soft);

LAB_OP(queued) { schedule_work(&item); wait_for_completion(&done); return 0; }
LAB_OP(delayed) { schedule_delayed_work(&late, 5); wait_for_completion(&done); return 0; }
LAB_OP(armed) { mod_timer(&clock, jiffies + 5); wait_for_completion(&done); return 0; }
LAB_OP(scheduled) { tasklet_schedule(&bottom); wait_for_completion(&done); return 0; }
LAB_OP(polled) { schedule_work(&item); while (!completion_done(&done)) cpu_relax(); return 0; }
LAB_OP(warned) { WARN_ON(1); schedule_work(&item); wait_for_completion(&done); return 0; }
LAB_OP(nothing) { return 0; }
LAB_OP(forever) { wait_for_completion(&never); return 0; }

LAB_OP(twice)
{
	schedule_work(&item);
	wait_for_completion(&done);
	schedule_work(&second);
	wait_for_completion(&more);
	return 0;
}

LAB_OP(ordered)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("ordered", 0);

	queue_work(wq, &waiting);
	queue_work(wq, &item);
	wait_for_completion(&never);
	return 0;
}

LAB_OP(disabled)
{
	tasklet_disable(&bottom);
	tasklet_schedule(&bottom);
	wait_for_completion(&done);
	return 0;
}

LAB_OP(freed)
{
	struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

	INIT_WORK(work, run);
	schedule_work(work);
	kfree(work);
	wait_for_completion(&never);
	return 0;
}

LAB_OP(again)
{
	schedule_work(&item);
	INIT_WORK(&item, wait);
	wait_for_completion(&never);
	return 0;
}

LAB_OP(forth)
{
	mod_timer(&clock, jiffies + 5);
	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);
	return 0;
}

LAB_OP(back)
{
	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
	return 0;
}

LAB_OP(request) { return request_irq(7, hard, 0, "seven", &lock); }

LAB_OP(locked)
{
	mod_timer(&clock, jiffies + 5);
	spin_lock(&lock);
	counted++;
	spin_unlock(&lock);
	return 0;
}
`;

const program = (tree: FileTree): FileTree => new Map(tree).set('standing.c', c);
/** Of the stub kernel, or of the lab. */
const mutant = (file: string, from: string, to: string) => (tree: FileTree) =>
  replaced(program(tree), file, from, to);

const racing = (actors: RaceScenario['actors'], more: Partial<RaceScenario> = {}): RaceScenario => ({
  title: 'standing',
  actors,
  observe: { x: returned('x') },
  outcomes: [{ when: { x: 0 }, grade: 'acceptable', note: 'done' }],
  ...more,
});

const as = (context: Context, ...steps: readonly ReturnType<typeof op>[]) => ({ steps, context });
const worker = as('workqueue', work());

async function explored(
  scenario: RaceScenario,
  options: SimulateOptions = {},
  mutate: (tree: FileTree) => FileTree = program,
): Promise<SimulateResult> {
  const simulation = new Simulation(await build('base', { subject: 'bare-flags', mutate }));
  try {
    return await simulation.explore(caseOf(scenario, 'base', simulation.build), options);
  } finally {
    await simulation.close();
  }
}

const kinds = ({ violations }: { readonly violations: readonly { readonly kind: string }[] }) => [
  ...new Set(violations.map(({ kind }) => kind)),
];
const ends = ({ outcomes }: SimulateResult) => outcomes.map(({ values }) => values.x);

/** Scenarios whose actors may all come to their end, if those that do what is due come late enough. */
const served: Readonly<Record<string, RaceScenario>> = {
  'a work item': racing({ x: [op('queued')], w: worker }),
  'a timer': racing({ x: [op('armed')], t: as('softirq', timer()) }),
  'delayed work': racing({ x: [op('delayed')], t: as('softirq', timer()), w: worker }),
  'delayed work, by one actor': racing({ x: [op('delayed')], w: [timer(), work()] }),
  'a tasklet': racing({ x: [op('scheduled')], s: as('softirq', tasklet()) }),
  'a work item that is polled for': racing({ x: [op('polled')], w: worker }),
  'two work items': racing({ x: [op('twice')], w: [work()], v: [work()] }),
};

describe('what is due is done', () => {
  test.each(Object.entries(served))('%s', async (_, scenario) => {
    const all = await explored(scenario);
    expect(all).toMatchObject({ violations: [], warnings: [] });
    expect(ends(all)).toEqual([0]);
    const some = await explored(scenario, { strategy: 'random', executions: 50 });
    expect(some).toMatchObject({ violations: [], executions: 50 });
    expect([0]).toEqual(expect.arrayContaining(ends(some)));
  });

  test.each(Object.entries(served).filter(([name]) => name !== 'delayed work, by one actor'))(
    '%s, which is all there is',
    async (_, scenario) => {
      expect((await explored(scenario)).bounded).toBeNull();
      expect((await explored(scenario, { strategy: 'dfs' })).bounded).toBeNull();
    },
  );
});

/** What nobody does, and what the warning says. */
const unserved: Readonly<Record<string, readonly [RaceScenario, string]>> = {
  'a work item': [racing({ x: [op('queued')], w: [op('nothing')] }), 'a work item was queued'],
  'a timer': [racing({ x: [op('armed')], w: worker }), 'a timer was armed'],
  'delayed work': [racing({ x: [op('delayed')], w: worker }), 'a timer was armed'],
  'a tasklet': [racing({ x: [op('scheduled')], w: worker }), 'a tasklet was scheduled'],
  'a work item that is polled for': [
    racing({ x: [op('polled')], w: [op('nothing')] }),
    'a work item was queued',
  ],
  'the second of two work items': [racing({ x: [op('twice')], w: worker }), 'a work item was queued'],
  'beside what waits for ever': [racing({ x: [op('queued')], w: [op('forever')] }), 'a work item was queued'],
};

describe('what nobody does', () => {
  test.each(Object.entries(unserved))('%s', async (_, [scenario, says]) => {
    for (const strategy of ['dpor', 'dfs', 'random'] as const) {
      const result = await explored(scenario, { strategy, executions: 200 });
      expect(result).toMatchObject({ outcomes: [], violations: [] });
      expect(result.bounded).toContain('in which nobody did what was due when no actor could go on');
      expect(result.warnings).toEqual([expect.stringContaining(says)]);
    }
  });

  test('a step that came too early is not sure to come later where its actor goes on', async () => {
    const result = await explored(racing({ x: [op('queued')], w: [work(), op('nothing')] }));
    expect(ends(result)).toEqual([0]);
    expect(result.bounded).toContain('nobody did what was due');
  });

  test('nor on a processor that others wait for', async () => {
    const result = await explored(
      racing({
        x: [op('queued')],
        w: { steps: [op('nothing'), work()], cpu: 0 },
        i: { steps: [op('nothing')], context: 'irq', cpu: 0 },
      }),
    );
    expect(result.bounded).toContain('nobody did what was due');
  });

  test('what was caught before is told', async () => {
    const scenario = racing({ x: [op('warned')], w: [op('nothing')] });
    const result = await explored(scenario);
    expect(kinds(result)).toEqual(['warned']);

    const replayer = new Replayer(await build('base', { subject: 'bare-flags', mutate: program }));
    try {
      const tested = caseOf(scenario, 'base', replayer.build);
      const replayed = await replayer.replay(tested, result.violations[0]!.runs, { times: 3 });
      expect(replayed.endings).toMatchObject({ unserved: 3, deadlock: 0 });
      expect(kinds(replayed)).toEqual(['warned']);
    } finally {
      await replayer.close();
    }
  });
});

/** Where nothing helps. */
const stuck: Readonly<Record<string, RaceScenario>> = {
  'an item that the one before it in an ordered queue waits for': racing({
    x: [op('ordered')],
    w: [work(), work()],
  }),
  'a disabled tasklet': racing({ x: [op('disabled')], s: as('softirq', tasklet()) }),
  'two locks, while a timer is armed': racing({ x: [op('forth')], y: [op('back')] }),
  'a lock that an interrupt takes, while a timer is armed': racing(
    {
      x: { steps: [op('locked')], cpu: 0 },
      i: { steps: [irq(7)], context: 'irq', cpu: 0 },
    },
    { setup: [op('request')] },
  ),
  'nothing is due': racing({ x: [op('forever')], w: worker }),
  'what is queued is damaged': racing({ x: [op('freed')], w: [op('nothing')] }),
  'what is queued was set up again': racing({ x: [op('again')], w: [op('nothing')] }),
};

describe('a deadlock is one', () => {
  test.each(Object.entries(stuck))('%s', async (_, scenario) => {
    for (const strategy of ['dpor', 'dfs'] as const) {
      const result = await explored(scenario, { strategy });
      expect(kinds(result)).toContain('deadlock');
      // Where an interrupt comes before a lock that was taken is known to be held, it is not sure.
      if (!('setup' in scenario)) expect(result.bounded).toBeNull();
    }
  });
});

describe('a broken check is caught', () => {
  test('what may not start is due', async () => {
    const mutate = mutant(
      'kernel/workqueue.c',
      '\t\t\tif (may_start(work))\n\t\t\t\treturn true;\n',
      '\t\t\treturn true;\n',
    );
    expect(kinds(await explored(Object.values(stuck)[0]!, {}, mutate))).toEqual([]);
  });

  test('what is disabled is due', async () => {
    const mutate = mutant(
      'kernel/tasklet.c',
      ' && !atomic_read(&tasklet->count))\n\t\t\treturn true',
      ')\n\t\t\treturn true',
    );
    expect(kinds(await explored(stuck['a disabled tasklet']!, {}, mutate))).toEqual([]);
  });

  test('what waits in a ring may go on', async () => {
    const mutate = mutant('lab/due.c', 'return is_ring(arena) ? 0 : what_is_due();', 'return what_is_due();');
    expect(kinds(await explored(stuck['two locks, while a timer is armed']!, {}, mutate))).toEqual([]);
    const irqs = stuck['a lock that an interrupt takes, while a timer is armed']!;
    expect(kinds(await explored(irqs, {}, mutate))).toEqual([]);
  });

  test('a step that has done something came too early', async () => {
    const mutate = mutant('lab/due.c', ' && !state->returned[s - 1])', ')');
    const [scenario] = unserved['the second of two work items']!;
    expect((await explored(scenario, {}, mutate)).bounded).toBeNull();
  });
});

describe('on racing threads', () => {
  const raced = async (scenario: RaceScenario, seconds: number) =>
    race(caseOf(scenario, 'base', await build('base', { subject: 'bare-flags', mutate: program })), {
      seconds,
      patience: 2,
      workers: Object.keys(scenario.actors).length,
    });

  test.each(Object.entries(served))('%s is no hang', async (_, scenario) => {
    const result = await raced(scenario, 1);
    expect(result.violations).toEqual([]);
    expect(result.outcomes.map(({ values }) => values.x)).toEqual(result.samples > 0 ? [0] : []);
  });

  test('nobody does it: the race ends early', async () => {
    const [scenario] = unserved['a work item']!;
    const result = await raced(scenario, 60);
    expect(result).toMatchObject({ violations: [], samples: 0, broken: false });
    expect(result.unserved).not.toBe(0);
    expect(result.seconds).toBeLessThan(30);
    expect(result.warnings).toEqual([expect.stringContaining('the race ended early')]);
  });

  test.each(
    Object.entries(stuck).filter(([name]) => name.startsWith('an item') || name === 'nothing is due'),
  )('%s is a hang', async (_, scenario) => {
    expect(kinds(await raced(scenario, 10))).toEqual(['hang']);
  });
});

const probing = (step: string) => `import { call, returned, scenario, work } from 'lostbit';
export default scenario({
  title: 'Probe', source: './probe.c',
  actors: { x: [call('probe')], w: { context: 'workqueue', steps: [${step}] } },
  observe: { ret: returned('x') },
  outcomes: [{ when: { ret: 0 }, grade: 'acceptable', note: 'probed' }],
});
`;

test('the verdict says what is missing', async () => {
  const folder = await directoryOf({
    'probe.c': `#include <linux/completion.h>
#include <linux/workqueue.h>

static DECLARE_COMPLETION(done);
static void run(struct work_struct *work) { complete(&done); }
static DECLARE_WORK(item, run);

void probe(void)
{
	schedule_work(&item);
	wait_for_completion(&done);
}

void nothing(void)
{
}
`,
    'worked.ts': probing('work()'),
    'idle.ts': probing("call('nothing')"),
  });
  const options = { toolchain: await quickest };
  const worked = await api.simulate(join(folder, 'worked.ts'), options);
  expect(worked).toMatchObject({ verdict: 'holds', exhaustive: true, warnings: [] });
  const undecided = await api.simulate(join(folder, 'idle.ts'), options);
  expect(undecided).toMatchObject({
    verdict: 'undecided',
    undecided: 'no execution came to its end',
    exhaustive: false,
    warnings: [expect.stringContaining("give an actor one more 'work()' step")],
  });
  const raced = await api.race(join(folder, 'idle.ts'), { ...options, seconds: 60 });
  expect(raced).toMatchObject({ verdict: 'undecided', violations: [] });
});
