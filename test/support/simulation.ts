// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  type SimulateOptions,
  type SimulateResult,
  Simulation,
} from '../../src/engine/simulate/simulation.js';
import type { RaceScenario } from '../../src/scenario/scenario.js';
import type { Build } from '../../src/toolchain/build.js';
import { caseOf } from './race.js';

const open = new Map<Build, Simulation>();

/** The simulation of a build, shared by the tests of a file; `closeSimulations` ends them. */
export function simulationOf(build: Build): Simulation {
  const known = open.get(build) ?? new Simulation(build);
  open.set(build, known);
  return known;
}

export async function closeSimulations(): Promise<void> {
  await Promise.all([...open.values()].map((one) => one.close()));
  open.clear();
}

/** Explores a race, one of the catalogue by its name, on a build. */
export function explore(
  build: Build,
  scenario: RaceScenario | string,
  options: SimulateOptions = {},
  stage = 'test',
): Promise<SimulateResult> {
  return simulationOf(build).explore(caseOf(scenario, stage, build), options);
}
