// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Machine } from '../machine/machine.js';
import { Trap } from '../machine/machine.js';
import { StructView } from '../machine/struct-view.js';
import { describeStep } from '../scenario/describe.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { functionNames } from '../wasm/function-names.js';
import { encodeScenario, preparation } from './encode.js';
import { errnoName } from './errno.js';
import { placeOwn } from './given.js';
import { statesBytes, statesFit } from './states.js';
import { scenarioNames } from './variables.js';
import { checkSetup, readViolations } from './violations.js';

/** Room for one machine, with all that actors allocate. */
const arenaBytes = 4 * 1024 * 1024;

/** Where the actors' own states (`struct lab_simulated`) begin. */
export interface Instance {
  readonly states: number;
}

/**
 * Makes one machine for a scenario whose actors run as one schedule says, and sets it up. Needs a started thread, and
 * frees all memory of earlier scenarios.
 *
 * @throws LostbitError `E_SETUP`, `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`, `E_LIMIT`.
 */
export async function setUpOne(machine: Machine, scenario: RaceScenario): Promise<Instance> {
  machine.freeAll();
  await machine.call(0, 'lab_race_reset');
  // An actor that ran on this thread has left its own task behind.
  await machine.call(0, 'lab_enter', 0);
  // First, since the simulator relies on where this lies.
  const states = machine.allocate(statesBytes);
  if (!statesFit(machine.debugInfo.struct('lab_simulated').size))
    throw new Error('struct lab_simulated has outgrown its room');
  machine.setScalar('lab_states', states);
  placeOwn(machine);
  encodeScenario(machine, scenario);
  const instances = machine.global('lab_instances');
  instances.set('count', 1);
  instances.set('bytes', arenaBytes);
  instances.set('stride', arenaBytes);
  instances.set('start', machine.allocate(arenaBytes));

  const spell = () =>
    `step '${describeStep(preparation(scenario)[instances.get('setup_step')]!)}' of the set-up`;
  let failed: number;
  try {
    machine.setScalar('stub_alone', 1);
    failed = await machine.call(0, 'lab_setup');
    machine.setScalar('stub_alone', 0);
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    throw new LostbitError('E_SETUP', `${spell()} trapped or waits forever: ${error.message}`);
  }
  checkSetup(machine);
  if (failed !== 0) {
    const error = errnoName(instances.get('failed_with'));
    throw new LostbitError('E_SETUP', `${spell()} returned ${error}`);
  }
  const [caught] = readViolations(machine, scenarioNames(scenario));
  if (caught !== undefined) throw new LostbitError('E_SETUP', `setup caused a violation: ${caught.message}`);
  await addLanes(machine, scenario);
  return { states };
}

/** Gives each actor a part of every arena to allocate from, where the program allocates at all. */
export async function addLanes(machine: Machine, { actors }: RaceScenario): Promise<void> {
  if (allocates(machine)) await machine.call(0, 'lab_lanes', Object.keys(actors).length);
}

/** The linker leaves out what nothing calls. */
export const allocates = ({ bytes }: Machine): boolean =>
  [...functionNames(bytes).values()].includes('stub_make');

/** What the lab keeps of each actor (`struct lab_simulated`), from where their states begin. */
export function statesOf(machine: Machine, states: number, actors: number): StructView[] {
  const struct = machine.debugInfo.struct('lab_simulated');
  return Array.from(
    { length: actors },
    (_, actor) => new StructView(struct, machine.memory, states + actor * struct.size),
  );
}
