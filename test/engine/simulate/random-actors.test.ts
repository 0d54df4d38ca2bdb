// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { DataRace } from '../../../src/engine/interleaving.js';
import type { RaceScenario } from '../../../src/scenario/scenario.js';
import {
  bind,
  close,
  configRead,
  configWrite,
  hotReset,
  interrupt,
  intxDisable,
  intxEnable,
  load,
  lowPowerEntry,
  lowPowerExit,
  open,
  PCI_BASE_ADDRESS_0,
  PCI_COMMAND,
  PCI_ROM_ADDRESS,
  pmWork,
  reset,
  unbind,
} from '../../../subjects/vfio-pci/index.js';
import type { Step } from '../../../subjects/vfio-pci/steps.js';
import { build, closeToolchains } from '../../support/race.js';
import { seed } from '../../support/seed.js';
import { closeSimulations, explore } from '../../support/simulation.js';
import { raceOf } from '../../support/vfio.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

/** Another one with each run, unless it is given, as to see again what was printed. */
/** How many draws of actors; more by hand. */
const draws = Number(process.env.LOSTBIT_DRAWS ?? 40);
const executions = 200;

const among = (setup: readonly Step[], actors: readonly (readonly Step[])[]): RaceScenario =>
  raceOf({
    title: '',
    devices: { A: { intx: true, flr: true, bus: 1 }, B: { bus: 1 } },
    setup: [load('vfio-pci'), bind('A'), bind('B'), ...setup],
    actors: Object.fromEntries(actors.map((steps, i) => [`a${i}`, steps])),
    observe: { virq_disabled: 'A.virq_disabled' },
    outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
  });

/** Its sides are of two actors, and meet. */
function expectDescribed({ sides: [one, other] }: DataRace): void {
  expect(one.task).not.toBe(other.task);
  expect(one.address).toBeLessThan(other.address + other.bytes);
  expect(other.address).toBeLessThan(one.address + one.bytes);
  expect([one.unseen, other.unseen]).toEqual([undefined, undefined]);
}

describe('actors that all write COMMAND', () => {
  test.each([3, 4, 8, 16])('%i of them race, and every race is reported', async (count) => {
    const scenario = among(
      [open('A')],
      Array.from({ length: count }, () => [configWrite('A', PCI_COMMAND, 2, 0)]),
    );
    const { races } = await explore(await build('base'), scenario, { executions: 100 }, 'base');
    expect(races.length).toBeGreaterThan(0);
    races.forEach(expectDescribed);
  });
  test.each([
    ['p3', 'fine'],
    ['base', 'wide'],
  ] as const)('three of them at %s, %s', async (stage, bitfieldAccess) => {
    const scenario = among(
      [open('A')],
      Array.from({ length: 3 }, () => [configWrite('A', PCI_COMMAND, 2, 0)]),
    );
    const { races } = await explore(
      await build(stage, { bitfieldAccess }),
      scenario,
      { executions: 100 },
      stage,
    );
    expect(races.length).toBeGreaterThan(0);
    races.forEach(expectDescribed);
  });
});

test('who only looks at a lock that it holds is not looked at by somebody who has it as well', async () => {
  // The reset's end warns if the lock is not held; a write of COMMAND takes it shared.
  const scenario = among(
    [open('A')],
    [
      [configWrite('A', PCI_COMMAND, 1, 1026)],
      [configWrite('A', PCI_COMMAND, 2, 0), reset('A')],
      [configRead('A', PCI_COMMAND, 2)],
    ],
  );
  const { races, violations } = await explore(await build('base'), scenario, { executions }, 'base');
  races.forEach(expectDescribed);
  expect(violations.map(({ kind }) => kind)).not.toContain('trap');
});

test(`${draws} draws of three to six actors are explored without a defect`, async () => {
  let state = seed | 1;
  const draw = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const one = <T>(of: readonly T[]): T => of[draw(of.length)]!;
  const offsets = [PCI_COMMAND, PCI_BASE_ADDRESS_0, PCI_ROM_ADDRESS];
  const steps: readonly (() => Step)[] = [
    () => configWrite('A', one(offsets), one([1, 2, 4] as const), one([0, 2, 0x400, 0xffff_ffff])),
    () => configWrite('A', PCI_COMMAND, 2, one([0, 2, 0x400])),
    () => configRead('A', one(offsets), one([1, 2, 4] as const)),
    () => configWrite('B', PCI_COMMAND, 2, 2),
    () => reset('A'),
    () => hotReset('A'),
    () => pmWork(one(['A', 'B'])),
    () => open(one(['A', 'B'])),
    () => close(one(['A', 'B'])),
    () => unbind('B'),
    () => interrupt('A'),
    () => intxEnable('A'),
    () => intxDisable('A'),
    () => lowPowerEntry('A'),
    () => lowPowerExit('A'),
  ];
  const base = await build('base');
  for (let n = 0; n < draws; n++) {
    const opened = [...(draw(4) > 0 ? [open('A')] : []), ...(draw(2) > 0 ? [open('B')] : [])];
    const actors = Array.from({ length: 3 + draw(4) }, () =>
      Array.from({ length: 1 + draw(2) }, () => one(steps)()),
    );
    const { races } = await explore(base, among(opened, actors), { executions }, 'base').catch(
      (error: unknown) => {
        throw new Error(`LOSTBIT_SEED=${seed}: ${JSON.stringify(actors)}`, { cause: error });
      },
    );
    races.forEach(expectDescribed);
  }
});
