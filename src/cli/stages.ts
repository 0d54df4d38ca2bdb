// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Option } from 'commander';
import { LostbitError } from '../errors.js';
import type { NamedScenario } from '../scenario/load.js';
import { appliesTo } from '../scenario/scenario.js';
import { loadStage } from '../source/stage.js';
import { collectNames } from './options.js';
import type { Status } from './status.js';

/** The option of every command that works on one scenario. */
export const stageOption = (): Option =>
  new Option(
    '--stage <names>',
    'stages, separated by commas (default: what the scenario names, or the first one that it is about)',
  ).argParser(collectNames);

/**
 * The stages that a scenario is worked on at, each once: those that are asked for, or else its own.
 *
 * @param status shows which of those that are asked for the scenario does not apply to.
 * @throws LostbitError `E_UNKNOWN_STAGE`; `E_NO_CELLS` where it says nothing of any of them.
 */
export async function stagesFor(
  { name, scenario }: NamedScenario,
  asked: readonly string[] | undefined,
  status: Status,
): Promise<string[]> {
  const { stage, from = 'base' } = scenario;
  const wanted = [...new Set(asked ?? [stage ?? from])];
  await Promise.all(wanted.map((one) => loadStage(one)));
  const stages = wanted.filter((one) => one === stage || appliesTo(scenario, one));
  const others = wanted.filter((one) => !stages.includes(one));
  const nothing = `'${name}' does not apply to ${others.join(' and ')}`;
  if (stages.length === 0)
    throw new LostbitError('E_NO_CELLS', nothing, { hint: `it begins at ${stage ?? from}` });
  if (others.length > 0) status.note(`${nothing}: left out`);
  return stages;
}
