// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../machine/machine.js';
import { stepsOf } from '../scenario/limits.js';
import {
  isObservation,
  isRace,
  type RaceScenario,
  type SequenceScenario,
  sequencesOf,
} from '../scenario/scenario.js';
import { encodeScenario, encodeStep, preparation } from './encode.js';
import { giveValues } from './given.js';
import { resolvePlace, scenarioNames } from './variables.js';

/**
 * Checks that a module has all that a scenario names; nothing runs.
 *
 * @param machine that need not have been started.
 * @throws LostbitError `E_UNKNOWN_OP`, `E_UNKNOWN_FAULT`, `E_UNKNOWN_FIELD`, `E_BAD_CALL`, `E_LIMIT`.
 */
export function checkNames(machine: Machine, scenario: RaceScenario | SequenceScenario): void {
  if (isRace(scenario)) {
    encodeScenario(machine, scenario);
    return;
  }
  giveValues(machine, scenario);
  const target = machine.global('lab_one');
  for (const step of [...preparation(scenario), ...stepsOf(scenario)])
    encodeStep(machine, target, 'step', step);
  const names = scenarioNames(scenario);
  for (const item of Object.values(sequencesOf(scenario)).flat())
    if (isObservation(item) && typeof item.what === 'string') resolvePlace(machine, names, item.what);
}
