// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type RunResult, run } from '../../src/engine/run/run.js';
import { Session } from '../../src/engine/run/session.js';
import { verdictOf } from '../../src/scenario/grade.js';
import type { SequenceScenario, Verdict } from '../../src/scenario/scenario.js';
import type { Build } from '../../src/toolchain/build.js';
import { build, type Config, subjectOf } from './race.js';

/** The stages of vfio-pci, in order. */
export const stages = (await subjectOf('vfio-pci')).stages.all;

/** Those of its series. */
export const seriesStages = stages.map(({ name }) => name).filter((name) => /^(base|p\d)$/.test(name));

const sessions = new Map<Build, Session>();

/** A stage as a scenario has it configured. */
export const stageBuild = (stage: string, config: Config = {}): Promise<Build> => build(stage, { config });

/** The session of a build; `closeSessions` ends them. */
export function sessionOf(build: Build): Session {
  const known = sessions.get(build) ?? new Session(build);
  sessions.set(build, known);
  return known;
}

export async function closeSessions(): Promise<void> {
  await Promise.all([...sessions.values()].map((session) => session.close()));
  sessions.clear();
}

export interface Ran extends RunResult {
  readonly verdict: Verdict;
  /** Violations' kinds, each once. */
  readonly kinds: readonly string[];
}

/** Runs a scenario's sequences on a build. */
export async function runOn(build: Build, scenario: SequenceScenario, name = 'test'): Promise<Ran> {
  const found = await run({ name, origin: name, scenario, stage: 'test', build }, sessionOf(build));
  return {
    ...found,
    verdict: verdictOf(found.outcomes, found.violations),
    kinds: [...new Set(found.violations.map(({ kind }) => kind))],
  };
}
