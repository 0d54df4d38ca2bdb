// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Session, StepResult } from '../../src/engine/run/session.js';
import {
  type Actor,
  actorOf,
  type RaceScenario,
  type SequenceScenario,
} from '../../src/scenario/scenario.js';
import type * as general from '../../src/scenario/step.js';
import type { Devices, Step } from '../../subjects/vfio-pci/index.js';
import {
  type RaceDefinition,
  type SequenceDefinition,
  scenario,
  sequence,
} from '../../subjects/vfio-pci/language.js';
import { Machinery } from '../../subjects/vfio-pci/machinery.js';

// Scenarios of vfio-pci that are put together at run time, where no compiler knows the names in them.

/** The devices of a scenario, in the order of their slots. */
const devicesOf = ({ names = {} }: Pick<RaceScenario, 'names'>): string[] =>
  Object.keys(names).filter((name) => !name.includes('.'));

/** What of a race may be another way. */
type Change = Partial<Omit<RaceScenario, 'setup' | 'actors'>> & {
  /** Those that the race has already must stay in their slots. */
  readonly devices?: Devices;
  readonly setup?: readonly Step[];
  readonly actors?: { readonly [name: string]: Actor | readonly Step[] };
};

/** A race with something else in it. */
export function changed(race: RaceScenario, { devices, setup, actors, ...rest }: Change): RaceScenario {
  const plain = Object.fromEntries(devicesOf(race).map((name) => [name, {}]));
  const { names, given, step } = new Machinery(devices ?? plain);
  return {
    ...race,
    ...(devices && { names, given }),
    ...rest,
    ...(setup && { setup: setup.map(step) }),
    ...(actors && {
      actors: Object.fromEntries(
        Object.entries(actors).map(([name, actor]) => {
          const { steps, ...rest } = actorOf(actor as Actor);
          return [name, { ...rest, steps: steps.map(step) }];
        }),
      ),
    }),
  };
}

/** A race of which all may be what it likes. */
export const raceOf = (definition: RaceDefinition<string, string, string>): RaceScenario =>
  scenario<string, string, string>(definition);

/** A sequence likewise. */
export const sequenceOf = (definition: SequenceDefinition<string, string>): SequenceScenario =>
  sequence<string, string>(definition);

/** An actor's step, in the general language. */
export const stepOf = ({ actors }: RaceScenario, actor: string, step = 0): general.Step =>
  actorOf(actors[actor]!).steps[step]!;

/** Plugs devices into a new machine of a session; runs steps on it. */
export async function plug(session: Session, devices: Devices): Promise<(step: Step) => Promise<StepResult>> {
  const machinery = new Machinery(devices);
  await session.renew(machinery);
  return (step) => session.step(machinery.step(step));
}
