// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { type Explored, Simulator } from '../../../src/engine/simulate/simulator.js';
import { dataRaceJson, dataRaceText } from '../../../src/report/data-race.js';
import type { RaceScenario } from '../../../src/scenario/scenario.js';
import {
  bind,
  configWrite,
  hotReset,
  load,
  open,
  PCI_COMMAND,
  reset,
} from '../../../subjects/vfio-pci/index.js';
import { foundRace } from '../../report/results.js';
import { build, closeToolchains } from '../../support/race.js';
import { closeSimulations, explore } from '../../support/simulation.js';
import { changed, raceOf } from '../../support/vfio.js';
import { Synchronisation } from './synchronisation.js';

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

const command = configWrite('A', PCI_COMMAND, 2, 0);
const writers = raceOf({
  title: '',
  devices: { A: { intx: true, flr: true, bus: 1 } },
  setup: [load('vfio-pci'), bind('A'), open('A')],
  actors: { a: [command], b: [command], c: [command] },
  observe: { virq_disabled: 'A.virq_disabled' },
  outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
});
const resetters = changed(writers, {
  actors: { a: [command], b: [command, reset('A')], c: [hotReset('A')] },
});
const executions = 200;

/** Explores, with the simulator and what it found as the scheduler has it. */
async function raw(scenario: RaceScenario): Promise<{ simulator: Simulator; explored: Explored }> {
  const before = Simulator.prototype.explore;
  let found: { simulator: Simulator; explored: Explored } | undefined;
  vi.spyOn(Simulator.prototype, 'explore').mockImplementation(async function (this: Simulator, options) {
    const explored = await before.call(this, options);
    found = { simulator: this, explored };
    return explored;
  });
  await explore(await build('base'), scenario, { executions }, 'base');
  return found!;
}

describe('a data race that the scheduler has noted', () => {
  test.each([
    ['writers of COMMAND', writers],
    ['resets', resetters],
  ])('is of two accesses of its execution that nothing orders: %s', async (_, scenario) => {
    const { simulator, explored } = await raw(scenario);
    expect(explored.races.length).toBeGreaterThan(0);
    for (const { what, actors, ticks, addresses, bytes, runs } of explored.races) {
      const { events } = await simulator.follow(runs, { actors: 3, observed: 1 });
      const order = new Synchronisation(events, 3);
      const [one, other] = ([0, 1] as const).map((side) => {
        const i = events.findIndex(({ actor, ticks: t }) => actor === actors[side] && t === ticks[side]);
        expect(events[i]).toMatchObject({ what: what[side], address: addresses[side], bytes: bytes[side] });
        return i;
      }) as [number, number];
      expect(order.orders(Math.min(one, other), Math.max(one, other))).toBe(false);
    }
  });

  test('in an execution too long to be followed is described by its places in the code', async () => {
    const whole = await explore(await build('base'), writers, { executions }, 'base');
    const follow = Simulator.prototype.follow;
    vi.spyOn(Simulator.prototype, 'follow').mockImplementation(async function (this: Simulator, runs, shape) {
      const followed = await follow.call(this, runs, shape);
      return { ...followed, events: followed.events.slice(0, 60) };
    });
    const { races } = await explore(await build('base'), writers, { executions }, 'base');
    const places = ({ races }: Pick<typeof whole, 'races'>) =>
      races.map(({ sides }) => sides.map(({ stack }) => stack[0]?.line).sort()).sort();
    expect(places({ races })).toEqual(places(whole));
    const cut = races.find(({ sides }) => sides[1].unseen)!;
    expect(cut.sides[1]).toMatchObject({ locks: [], before: null, after: null });
    expect(cut.sides[1].stack.length).toBeGreaterThan(0);
    expect(dataRaceText(cut, 80)).toContain('locks unknown: the execution is too long to be traced this far');
    expect(dataRaceJson(foundRace(cut)).sides[1]).toMatchObject({ unseen: true, before: null });
  });

  test('and for which there is no room is missed aloud', async () => {
    const before = Simulator.prototype.explore;
    vi.spyOn(Simulator.prototype, 'explore').mockImplementation(async function (this: Simulator, options) {
      const explored = await before.call(this, options);
      expect(explored.mostRaces).toBeNull();
      return { ...explored, mostRaces: 4096 };
    });
    const { warnings, racesLeftOut } = await explore(await build('base'), writers, { executions }, 'base');
    expect(racesLeftOut).toBe(true);
    expect(warnings.join('\n')).toContain('those behind the first 4,096 pairs of accesses are left out');
  });
});
