// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isFailure } from '../verify/judge.js';
import type { PatchFacts } from '../verify/patch-facts.js';
import type { Change, Exploration, Racers, Result } from '../verify/result.js';
import { dataRaceJson } from './data-race.js';
import { interleavingJson } from './interleaving.js';
import { type Report, type ResultJson, reportSchemaId } from './schema.js';
import { actorTexts, setupTexts } from './steps.js';

/** The report: results as `--json` writes them. */
export const reportJson = (results: readonly Result[], series?: SeriesFacts): Report => ({
  schema: reportSchemaId,
  ...(series === undefined || series.notes.length === 0 ? {} : { notes: [...series.notes] }),
  ...(series === undefined || series.patches.length === 0 ? {} : { patches: series.patches.map(patchJson) }),
  results: results.map(resultJson),
});

/** What is to be known of the patches that were applied. */
export interface SeriesFacts {
  readonly notes: readonly string[];
  readonly patches: readonly PatchFacts[];
}

const patchJson = ({ stage, subject, files }: PatchFacts): NonNullable<Report['patches']>[number] => ({
  stage,
  subject,
  files: files.map(({ path, is, compiled, moved }) => ({
    path,
    is,
    compiled,
    moved: moved.map((hunk) => ({ ...hunk, others: [...hunk.others] })),
  })),
});

export function resultJson(result: Result): ResultJson {
  const {
    scenario,
    toolchain,
    options,
    actors,
    undecided,
    inapplicable,
    broken,
    exploration,
    interleaving,
    replayed,
  } = result;
  return {
    scenario: scenario.name,
    reference: scenario.reference,
    stage: result.stage,
    source: result.source,
    engine: result.engine,
    toolchain: toolchain.name,
    toolchainVersion: toolchain.version,
    optimize: options.optimize,
    bitfieldAccess: options.bitfieldAccess,
    threads: result.racers === null ? null : threadsJson(result.racers),
    seconds: result.seconds,
    samples: result.samples,
    outcomes: result.outcomes.map((outcome) => ({ ...outcome })),
    violations: result.violations.map((violation) => ({ ...violation, stack: [...violation.stack] })),
    warnings: [...result.warnings],
    verdict: result.verdict,
    ...(undecided === null ? {} : { undecided }),
    ...(inapplicable === null ? {} : { inapplicable }),
    exhaustive: result.exhaustive,
    interrupted: result.interrupted,
    expected: result.expected,
    agreement: result.agreement,
    ...(result.change === null ? {} : { change: changeJson(result.change) }),
    setup: setupTexts(result),
    actors: actors === null ? null : actorTexts(actors),
    runs: result.runs.filter(isFailure).map(({ name, fault, steps }) => ({
      sequence: name,
      fault,
      steps: steps.map(({ text, value, name }) => ({ text, value, name })),
    })),
    reproduce: result.reproduce,
    ...(exploration === null
      ? {}
      : { simulation: simulationJson(exploration), races: result.races.map(dataRaceJson) }),
    ...(interleaving === null ? {} : { interleaving: interleavingJson(interleaving) }),
    ...(replayed === null ? {} : { replayed: { times: replayed.times, same: replayed.same } }),
    ...(broken === null ? {} : { broken: { ...broken } }),
  };
}

const changeJson = ({ appeared, gone, ...rest }: Change): NonNullable<ResultJson['change']> => ({
  ...rest,
  appeared: [...appeared],
  gone: [...gone],
});

const threadsJson = ({ workers, processors, unpinned, seed }: Racers): ResultJson['threads'] => ({
  workers,
  processors,
  pinned: unpinned === null,
  unpinned,
  seed,
});

const simulationJson = ({ seed, ...rest }: Exploration): NonNullable<ResultJson['simulation']> => ({
  ...rest,
  ...(seed === null ? {} : { seed }),
});
