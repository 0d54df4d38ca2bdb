// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataRace, RaceSide } from '../../../src/engine/interleaving.js';
import type { SimulateResult } from '../../../src/engine/simulate/simulation.js';
import { verdictOf } from '../../../src/scenario/grade.js';
import { type RaceScenario, scenario } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import { countUp, flagWrite } from '../../../subjects/bare-flags/steps.js';
import { interrupt, returned } from '../../../subjects/vfio-pci/index.js';
import { flagsBuild } from '../../support/flags.js';
import { build, caseOf, closeToolchains, replaced } from '../../support/race.js';
import { closeSimulations, explore, simulationOf } from '../../support/simulation.js';
import { type Part, partsBuild, scenarioOf } from './parts.js';

let base: Build;
beforeAll(async () => {
  base = await partsBuild('base');
});
afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

/** Explores an actor a part, each once. */
const among = (...actors: readonly Part[]) => explore(base, scenarioOf(actors.map((part) => [part])));

/** A side in a line: who, what it does to which bits of which field, and the locks it holds. */
const sideText = ({ task, kind, fields, mask, locks }: RaceSide) =>
  `${task} ${kind} ${fields.join(' ')} 0x${mask.toString(16)}${locks.map((lock) => ` ${lock}`).join('')}`;
const raceTexts = ({ races }: SimulateResult) =>
  races.map(({ kind, sides }) => [kind, ...sides.map(sideText).sort()]);
const kindsOf = ({ violations }: SimulateResult) => violations.map(({ kind }) => kind);

describe('data races of bit-fields', () => {
  const masker = { kind: 'store', fields: ['A.virq_disabled'], mask: 0x04n, bytes: 1, task: 'masker' };
  const mover = { kind: 'store', fields: ['A.bardirty'], mask: 0x20n, bytes: 1, task: 'mover' };

  test('two lines that set flags of a byte are one, described by their writes', async () => {
    const { races } = await explore(await build('base'), 'intx-mask-vs-bar-write', {}, 'base');
    const [race, ...others] = races.filter(({ sides }) => sides.every(({ kind }) => kind === 'store'));
    expect(others).toEqual([]);
    expect(race).toMatchObject({ kind: 'bit-field', pairs: 3 });
    expect(race!.count).toBeGreaterThan(0);
    expect(race!.schedule).toMatch(/^intx-mask-vs-bar-write@base\.fine:/);
    const [one, other] = [...race!.sides].sort((a, b) => a.task.localeCompare(b.task));
    const shared = { place: 'A+0x14c', context: 'process', locks: [], step: 0 };
    expect(one).toMatchObject({ ...masker, ...shared });
    expect(other).toMatchObject({ ...mover, ...shared });
    const config = 'vfio/pci/vfio_pci_config.c';
    expect(one!.stack.map(({ function: name, file }) => [name, file])).toEqual([
      ['follow_virtual_intx_disable', config],
      ['vfio_basic_config_write', config],
    ]);
    expect(other!.stack.map(({ function: name, file }) => [name, file])).toEqual([
      ['vfio_basic_config_write', config],
    ]);
    for (const { stack } of [one!, other!]) expect(stack[0]!.line).toBeGreaterThan(0);
    expect(one!.span.map(({ name }) => name)).toContain('A.bardirty');
  });

  test('there are none between flags with bytes of their own, until they share one again', async () => {
    const flags = ['virq_disabled', 'bardirty'];
    const between = ({ races }: SimulateResult) =>
      races.filter(({ sides }) =>
        sides.every(({ fields }) => flags.some((flag) => fields.includes(`A.${flag}`))),
      );
    const p3 = await build('p3');
    expect(between(await explore(p3, 'intx-mask-vs-bar-write', {}, 'p3'))).toEqual([]);
    const packed = await build('p3', {
      mutate: (tree) =>
        flags.reduce(
          (all, flag) => replaced(all, 'include/linux/vfio_pci_core.h', `bool ${flag};`, `bool ${flag}:1;`),
          tree,
        ),
    });
    expect(between(await explore(packed, 'intx-mask-vs-bar-write', {}, 'p3'))).toMatchObject([
      { kind: 'bit-field' },
    ]);
  });

  test('who tests a neighbour reads its bits alone', async () => {
    expect(raceTexts(await among('test bardirty', 'set virq_disabled'))).toEqual([
      ['bit-field', 'a load A.bardirty 0x20', 'b store A.virq_disabled 0x4'],
    ]);
    expect(raceTexts(await among('test bardirty', 'test virq_disabled'))).toEqual([]);
  });
});

describe('data races of the same field', () => {
  const flags = (actors: RaceScenario['actors']): RaceScenario =>
    scenario({
      title: 'flags',
      actors,
      observe: { count: 'count' },
      outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
    });

  test('two that count are reported once, with how often; one that does and one that does not are not', async () => {
    const bare = await flagsBuild();
    const file = 'subjects/bare-flags/flags.c';
    const both = await explore(bare, flags({ one: [countUp()], other: [countUp()] }));
    expect(both.races).toMatchObject([
      {
        kind: 'plain',
        count: 4,
        sides: [
          {
            fields: ['count'],
            kind: 'store',
            bytes: 4,
            stack: [{ function: 'op_count_up', file }],
          },
          {
            fields: ['count'],
            kind: 'store',
            bytes: 4,
            stack: [{ function: 'op_count_up', file }],
          },
        ],
      },
    ]);
    expect(both.executions).toBe(4);
    expect(new Set(both.races[0]!.sides.map(({ task }) => task)).size).toBe(2);
    const one = flags({
      one: [countUp(), countUp()],
      other: [flagWrite('packed.a', true)],
    });
    expect((await explore(bare, one)).races).toEqual([]);
  });

  test.each<[Part, Part, string[]]>([
    ['count under igate', 'count under igate', []],
    [
      'count under igate',
      'count',
      ['a store A.ioeventfds_nr 0xffffffff A.igate', 'b store A.ioeventfds_nr 0xffffffff'],
    ],
    [
      'count under igate',
      'count under ioeventfds_lock',
      ['a store A.ioeventfds_nr 0xffffffff A.igate', 'b store A.ioeventfds_nr 0xffffffff A.ioeventfds_lock'],
    ],
    ['count for a reader', 'count for a writer', []],
    ['count for a writer', 'count for a writer', []],
    [
      'count for a reader',
      'count for a reader',
      [
        'a store A.ioeventfds_nr 0xffffffff A.memory_lock',
        'b store A.ioeventfds_nr 0xffffffff A.memory_lock',
      ],
    ],
    ['count if igate is free', 'count under igate', []],
    [
      'count if igate is free',
      'count',
      ['a store A.ioeventfds_nr 0xffffffff A.igate', 'b store A.ioeventfds_nr 0xffffffff'],
    ],
    ['mark irq_type', 'look at irq_type', []],
    ['add to irq_type', 'look at irq_type', []],
    [
      'write irq_type',
      'look at irq_type',
      ['a store A.irq_type 0xffffffff', 'b atomic.load A.irq_type 0xffffffff'],
    ],
    ['publish', 'consume', []],
    ['complete', 'wait', []],
    ['complete early', 'wait', ['a store A.num_regions 0xffffffff', 'b load A.num_regions 0xffffffff']],
  ])('%s, %s', async (one, other, sides) => {
    expect(raceTexts(await among(one, other))).toEqual(sides.length === 0 ? [] : [['plain', ...sides]]);
  });

  test('a flag that is not marked hands nothing over', async () => {
    expect(raceTexts(await among('publish plainly', 'consume'))).toContainEqual([
      'plain',
      'a store A.num_regions 0xffffffff',
      'b load A.num_regions 0xffffffff',
    ]);
  });

  test('where the same code meets with a lock and without, those without are reported', async () => {
    const actors: Part[][] = [
      ['bump', 'bump under igate'],
      ['bump under igate', 'bump under igate'],
    ];
    const { races } = await explore(base, scenarioOf(actors));
    expect(races.length).toBe(1);
    const [one, other] = races[0]!.sides;
    expect(one.stack[0]).toMatchObject({ function: 'bump' });
    expect([one.locks, other.locks]).toContainEqual([]);
    const locked: Part[][] = [['bump under igate'], ['bump under igate', 'bump under igate']];
    expect((await explore(base, scenarioOf(locked))).races).toEqual([]);
  });
});

describe('data races of different widths', () => {
  test('a word against a byte of it; not against the next word', async () => {
    const { races } = await among('read rbar[1]', 'write a byte of rbar[1]');
    expect(races.map(({ kind, sides }) => [kind, ...sides.map(({ bytes }) => bytes).sort()])).toEqual([
      ['mixed-width', 1, 4],
    ]);
    expect(races[0]!.sides.map(({ fields }) => fields)).toEqual([['A.rbar[1]'], ['A.rbar[1]']]);
    expect((await among('read rbar[1]', 'write rbar[2]')).races).toEqual([]);
  });

  test('what a copy reads, as what it is', async () => {
    const { races } = await among('copy all of config space', 'write a byte of config space');
    const [reader, writer] = [...races[0]!.sides].sort((a, b) => a.task.localeCompare(b.task));
    expect(races).toMatchObject([{ kind: 'mixed-width' }]);
    expect(reader).toMatchObject({ kind: 'load', bytes: 256, before: null, after: null });
    expect(writer).toMatchObject({ kind: 'store', bytes: 1, address: reader!.address + 0x50 });
    expect((await among('copy all of config space', 'copy all of config space')).races).toEqual([]);
  });

  test('where bit-fields are accessed by the run, a run against a byte of it', async () => {
    const wide = await build('base', { bitfieldAccess: 'wide' });
    const fine = await build('base');
    const name = 'low-power-entry-vs-config-write';
    const flags = ({ races }: SimulateResult) =>
      races.filter(({ sides }) => sides.some(({ fields }) => fields.includes('A.pm_runtime_engaged')));
    expect(flags(await explore(wide, name)).length).toBeGreaterThan(0);
    expect(
      flags(await explore(fine, name)).filter(({ sides }) => sides.every(({ kind }) => kind === 'store')),
    ).toEqual([]);
  });
});

test('who is interrupted is reported as such', async () => {
  const { races } = await explore(base, scenarioOf([[interrupt('A')], ['set bardirty']]));
  const sides = races.flatMap((race) => [...race.sides]);
  const handler = sides.filter(({ context }) => context === 'irq');
  expect(handler.length).toBeGreaterThan(0);
  for (const side of handler) {
    expect(side).toMatchObject({ task: 'a', kind: 'load' });
    expect(['A.pci_2_3', 'A.virq_disabled']).toContain(side.fields.join());
    expect(side.stack.map(({ function: name }) => name)).toContain('vfio_intx_handler');
  }
  for (const side of sides.filter(({ task }) => task === 'b')) expect(side.context).toBe('process');
  expect((await explore(base, scenarioOf([[interrupt('A')], ['nothing']]))).races).toEqual([]);
});

describe('violations', () => {
  /** What is caught, with the schedule that leads there; that leads there again. */
  async function caughtIn(scenario: RaceScenario, steps?: number) {
    const result = await explore(base, scenario, steps === undefined ? {} : { steps });
    const { violations, outcomes } = result;
    expect(verdictOf(outcomes, violations)).toBe(violations.length > 0 ? 'fails' : 'holds');
    for (const { kind, runs, schedule, message, count } of violations) {
      expect(schedule).toMatch(/^test@test\.fine:/);
      expect(count).toBeGreaterThan(0);
      if (kind === 'livelock') continue;
      const again = await simulationOf(base).describe(caseOf(scenario, 'test', base), runs);
      expect(again.violations.map(({ message }) => message)).toEqual([message]);
      expect(again.strayed).toBe(0);
    }
    return result;
  }

  test.each<[Part, string | null]>([
    ['usage-underflow', 'A.pdev.dev'],
    ['lock-left-held', 'A.igate'],
    ['lock-not-held', 'A.igate'],
    ['double-free', null],
    ['warned', 'op_part'],
  ])('%s, once another has written', async (part, object) => {
    const result = await caughtIn(scenarioOf([[part], ['mark irq_type']]));
    expect(result.violations).toMatchObject([{ kind: part, task: 'a', context: 'process', count: 1 }]);
    if (object !== null) expect(result.violations[0]!.object).toBe(object);
    expect(result).toMatchObject({ executions: 2, bounded: null });
    expect((await caughtIn(scenarioOf([[part], ['look at irq_type']]))).violations).toEqual([]);
  });

  test('a trap, of whom and in what', async () => {
    const { violations, outcomes } = await caughtIn(
      scenarioOf([['nothing', 'trap if irq_type'], ['mark irq_type']]),
    );
    expect(violations).toMatchObject([{ kind: 'trap', task: 'a', count: 1 }]);
    expect(violations[0]!.message).toMatch(
      /^'a' trapped .* in 'part A 0x[0-9a-f]+', after op_part \(subjects\/vfio-pci\/parts\.c:\d+\)$/,
    );
    expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(1);
    const atOnce = await caughtIn(scenarioOf([['nothing'], ['trap at once'], ['nothing']]));
    expect(atOnce.violations).toMatchObject([{ kind: 'trap', task: 'b' }]);
    expect((await caughtIn(scenarioOf([['trap if irq_type'], ['nothing']]))).violations).toEqual([]);
  });

  test('two locks in opposite orders: who waits for whom', async () => {
    const result = await caughtIn(scenarioOf([['igate, ioeventfds_lock'], ['ioeventfds_lock, igate']]));
    expect(result.violations).toMatchObject([
      {
        kind: 'deadlock',
        message:
          "no actor can go on: 'a' waits for A.ioeventfds_lock, held by 'b'; 'b' waits for A.igate, held by 'a'",
        count: 1,
      },
    ]);
    expect(result).toMatchObject({ executions: 3, bounded: null });
    const inOrder = scenarioOf([['igate, ioeventfds_lock'], ['igate, ioeventfds_lock']]);
    expect((await caughtIn(inOrder)).violations).toEqual([]);
  });

  test('a wait for what never comes', async () => {
    const { violations } = await caughtIn(scenarioOf([['wait'], ['nothing']]));
    expect(violations).toMatchObject([
      { kind: 'deadlock', message: "no actor can go on: 'a' waits for A.vdev.comp" },
    ]);
    expect((await caughtIn(scenarioOf([['wait'], ['complete']]))).violations).toEqual([]);
  });

  test('a livelock: a loop that nobody will end', async () => {
    const spinning = await caughtIn(scenarioOf([['add to irq_type'], ['spin on irq_type']]));
    expect(kindsOf(spinning)).toEqual(['livelock']);
    expect(spinning.violations[0]!.message).toMatch(
      /^polls what no other actor will change: 'b' in 'part A 0x[0-9a-f]+', in op_part \(subjects\/vfio-pci\/parts\.c:\d+\)$/,
    );
    expect(spinning.bounded).toBe(null);
    const ended = await caughtIn(scenarioOf([['mark irq_type'], ['spin on irq_type']]));
    expect([kindsOf(ended), ended.bounded]).toEqual([[], null]);
    expect(kindsOf(await caughtIn(scenarioOf([['mark irq_type'], ['look at irq_type']])))).toEqual([]);
  });

  test('none where an execution was cut short', async () => {
    const cut = await caughtIn(scenarioOf([['count'], ['count']]), 3);
    expect([cut.violations, cut.bounded]).toEqual([[], '3 steps']);
    expect(cut.warnings).toEqual([
      expect.stringMatching(
        /^executions were cut short after \d+ accesses, when .*'[ab]'.* had not come to an end$/,
      ),
    ]);
  });
});

describe('what is to be exclusive', () => {
  const two = (actors: Part[], ...exclusive: `A.${string}`[]) =>
    explore(
      base,
      scenarioOf(
        actors.map((part) => [part]),
        { exclusive },
      ),
    );

  test('is not where a neighbour writes it back', async () => {
    const { violations, races, outcomes } = await two(
      ['set virq_disabled', 'set bardirty'],
      'A.virq_disabled',
    );
    expect(violations).toMatchObject([
      { kind: 'not-exclusive', object: 'A.virq_disabled', schedule: races[0]!.schedule, context: 'process' },
    ]);
    const [{ message, stack, task, count }] = violations as [(typeof violations)[number]];
    expect(message).toContain('A.virq_disabled is to be exclusive, but ');
    expect(message).toMatch(/'a' writes it in op_part \(subjects\/vfio-pci\/parts\.c:\d+\)/);
    expect(message).toMatch(
      /'b' writes it back with A\.bardirty in op_part \(subjects\/vfio-pci\/parts\.c:\d+\)/,
    );
    expect(stack[0]).toMatchObject({ function: 'op_part', file: 'subjects/vfio-pci/parts.c' });
    expect(task).toBe(races[0]!.sides[1].task);
    expect(count).toBeGreaterThan(0);
    expect(verdictOf(outcomes, violations)).toBe('fails');
  });

  test.each<[Part[], string, boolean]>([
    [['set virq_disabled', 'set virq_disabled'], 'A.virq_disabled', true],
    [['set virq_disabled', 'test virq_disabled'], 'A.virq_disabled', true],
    [['set bardirty', 'test virq_disabled'], 'A.virq_disabled', true],
    [['set virq_disabled', 'set bardirty'], 'A.needs_reset', true],
    [['write a byte of rbar[1]', 'read rbar[1]'], 'A.rbar[1]', true],
    [['set virq_disabled', 'test bardirty'], 'A.virq_disabled', false],
    [['set virq_disabled', 'set bardirty'], 'A.nointx', false],
    [['set virq_disabled', 'nothing'], 'A.virq_disabled', false],
    [['test virq_disabled', 'test virq_disabled'], 'A.virq_disabled', false],
    [['set virq_disabled under igate', 'set bardirty under igate'], 'A.virq_disabled', false],
    [['mark irq_type', 'look at irq_type'], 'A.irq_type', false],
    [['write rbar[2]', 'read rbar[1]'], 'A.rbar[1]', false],
  ])('%j: %s is breached: %s', async (actors, field, breached) => {
    const found = await two(actors, field as `A.${string}`);
    expect(kindsOf(found)).toEqual(breached ? ['not-exclusive'] : []);
  });

  test('is so at the stage that gives it a byte of its own', async () => {
    const race: RaceScenario = {
      ...scenarioOf([['set virq_disabled'], ['set bardirty']]),
      exclusive: ['A.virq_disabled'],
    };
    expect(kindsOf(await explore(await partsBuild('p3'), race))).toEqual([]);
  });

  test('must be there', async () => {
    await expect(two(['nothing', 'nothing'], 'A.virq_disable')).rejects.toMatchObject({
      code: 'E_UNKNOWN_FIELD',
    });
    await expect(two(['nothing', 'nothing'], 'A.sriov_pf_core_dev.irq_type')).rejects.toMatchObject({
      code: 'E_UNKNOWN_FIELD',
      message: expect.stringContaining('it does not exist after the set-up'),
    });
  });

  test('is watched by every strategy that looks for data races, and by dfs with a word that it is not', async () => {
    const race = scenarioOf([['set virq_disabled'], ['set bardirty']], { exclusive: ['A.virq_disabled'] });
    for (const strategy of ['random', 'pct'] as const)
      expect(kindsOf(await explore(base, race, { strategy, executions: 20 }))).toEqual(['not-exclusive']);
    const { warnings } = await explore(base, race, { strategy: 'dfs' });
    expect(warnings).toEqual([expect.stringContaining('dfs looks for no data races')]);
  });
});

describe('warnings', () => {
  test('of a step that fails in every execution', async () => {
    const { warnings } = await explore(base, scenarioOf([['nothing', 'refuse'], ['mark irq_type']]));
    expect(warnings).toEqual([
      expect.stringMatching(/^step 1 of 'a' \(part A 0x[0-9a-f]+\) returned -EBUSY \(-16\) every time$/),
    ]);
  });

  test.each<[string, RaceScenario]>([
    ['fails in some', scenarioOf([['refuse if irq_type'], ['mark irq_type']])],
    ['is observed', scenarioOf([['refuse'], ['nothing']], { observe: { it: returned('a') } })],
    ['succeeds', scenarioOf([['nothing'], ['nothing']])],
  ])('none of one that %s', async (_, race) => {
    expect((await explore(base, race)).warnings).toEqual([]);
  });

  test('none of what an earlier scenario has failed at', async () => {
    await explore(base, scenarioOf([['refuse'], ['refuse']]));
    expect((await explore(base, scenarioOf([['nothing'], ['nothing']]))).warnings).toEqual([]);
  });
});

test('a race is described in the same words whichever side comes first', async () => {
  const names = (races: readonly DataRace[]) =>
    races.map(({ kind, sides }) => [kind, ...sides.map(({ fields }) => fields.join()).sort()]);
  const one = await among('set bardirty', 'set virq_disabled');
  const other = await among('set virq_disabled', 'set bardirty');
  expect(names(one.races)).toEqual(names(other.races));
});
