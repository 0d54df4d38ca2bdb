// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Option } from 'commander';
import { LostbitError } from '../errors.js';
import { appliesTo, isControl, type StagedSubject } from '../scenario/expectation.js';
import type { Scenario } from '../scenario/scenario.js';
import { findStage, type StageName } from '../source/find-stage.js';
import type { Selected } from '../verify/verify.js';
import { collectNames } from './options.js';
import type { Status } from './status.js';

/** The option of every command that works on one scenario. */
export const stageOption = (): Option =>
  new Option(
    '--stage <names>',
    'stages, separated by commas: names, numbers, or subjects of patches (default: what the scenario names, or the first one that it is about)',
  ).argParser(collectNames);

/** What it names, or the first one that it is about; of a kernel's sources, which are one stage, that. */
function ownStage({ stage, from = 'base' }: Scenario, { known }: StagedSubject): StageName {
  if (known === undefined) return stage ?? from;
  return stage !== undefined && isControl(findStage(known.stages, stage)) ? stage : 'base';
}

/**
 * The stages that a scenario is worked on at, each once: those that are asked for, or else its own.
 *
 * @param status shows which of those that are asked for the scenario does not apply to.
 * @throws LostbitError `E_UNKNOWN_STAGE`; `E_NO_CELLS` where it says nothing of any of them.
 */
export function stagesFor(
  { name, scenario, of }: Selected,
  asked: readonly string[] | undefined,
  status: Status,
): string[] {
  const find = (wanted: StageName) => findStage(of.stages, wanted).name;
  const own = find(ownStage(scenario, of));
  const wanted = [...new Set((asked ?? [own]).map(find))];
  const isOwn = (one: string) => scenario.stage !== undefined && one === own;
  const stages = wanted.filter((one) => isOwn(one) || appliesTo(scenario, of, one));
  const others = wanted.filter((one) => !stages.includes(one));
  const nothing = `'${name}' does not apply to ${others.join(' and ')}`;
  if (stages.length === 0) throw new LostbitError('E_NO_CELLS', nothing, { hint: `it begins at ${own}` });
  if (others.length > 0) status.note(`${nothing}: left out`);
  return stages;
}
