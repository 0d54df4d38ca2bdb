// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Violation } from '../engine/engine.js';
import {
  type ReplayEnding,
  Replayer,
  type ReplayOptions,
  type ReplayResult,
} from '../engine/replay/replay.js';
import type { Run } from '../engine/schedule.js';
import { type DescribedExecution, Simulation } from '../engine/simulate/simulation.js';
import type { Ending } from '../engine/simulate/simulator.js';
import { LostbitError } from '../errors.js';
import { verdictOf } from '../scenario/grade.js';
import type { RaceScenario } from '../scenario/scenario.js';
import { judge } from './judge.js';
import { replayAgain } from './reproduction.js';
import type { Replayed, Result, Tested } from './result.js';
import { formatValues } from './values.js';

/** What a real thread's endings are called in the simulator. */
const simulatedAs: Readonly<Record<ReplayEnding, Ending>> = {
  done: 'done',
  deadlock: 'deadlock',
  unserved: 'unserved',
  trap: 'trap',
  hang: 'livelock',
};

/** Holds a schedule's result on real threads against the simulator's. */
export function replayedAs(execution: DescribedExecution, real: ReplayResult, times: number): Replayed {
  const { ending, values, violations } = execution;
  return {
    times,
    same: timesAsSimulated(execution, real),
    endings: real.endings,
    simulated: { ending, values, violations },
    differences: differencesOf(execution, real, times),
  };
}

/** The differences between a schedule's result on real threads and in the simulator; a line each. */
function differencesOf(
  execution: Pick<DescribedExecution, 'ending' | 'values' | 'violations'>,
  real: ReplayResult,
  times: number,
): string[] {
  const differences: string[] = [];
  if (real.diverged !== null)
    differences.push(`real threads leave the schedule at run ${real.diverged.run + 1}`);
  const wanted = formatValues(execution.values);
  for (const [ending, count] of Object.entries(real.endings) as [ReplayEnding, number][]) {
    if (count > 0 && simulatedAs[ending] !== execution.ending)
      differences.push(
        `${count} of ${times} times real threads end with '${ending}', simulated ones with '${execution.ending}'`,
      );
  }
  if (execution.ending === 'done')
    for (const { values, count } of real.outcomes)
      if (formatValues(values) !== wanted)
        differences.push(
          `${count} of ${times} times real threads end with ${formatValues(values)}, simulated ones with ${wanted}`,
        );
  const kinds = (violations: readonly Violation[]) => [...new Set(violations.map(({ kind }) => kind))].sort();
  const [simulated, seen] = [kinds(execution.violations), kinds(real.violations)];
  // How an execution ends is compared above.
  const isCompared = (kind: string) => !(kind in endingKinds) && !(kind in simulatedKinds);
  const caught = (all: string[]) => all.filter(isCompared).join(', ') || 'none';
  if (caught(simulated) !== caught(seen))
    differences.push(`violations on real threads: ${caught(seen)}; simulated: ${caught(simulated)}`);
  return differences;
}

/** How often real threads had the simulator's result. */
function timesAsSimulated(
  execution: Pick<DescribedExecution, 'ending' | 'values'>,
  real: ReplayResult,
): number {
  const { endings, outcomes } = real;
  const wanted = formatValues(execution.values);
  if (execution.ending === 'done')
    return outcomes.find(({ values }) => formatValues(values) === wanted)?.count ?? 0;
  return (Object.keys(endings) as ReplayEnding[]).reduce(
    (sum, ending) => sum + (simulatedAs[ending] === execution.ending ? endings[ending] : 0),
    0,
  );
}

const endingKinds: Readonly<Record<string, true>> = {
  deadlock: true,
  trap: true,
  hang: true,
  livelock: true,
};

/** Kinds of violations that need shadow memory, which real threads do not have. */
export const simulatedKinds: Readonly<Record<string, true>> = {
  'use-after-free': true,
  'use-after-return': true,
  'out-of-bounds': true,
  'uninitialised-read': true,
};

/**
 * Runs one schedule, in the simulator and on real threads, and holds the two against each other. Ended early, the result is
 * of the repetitions that there were.
 *
 * @throws LostbitError `E_SCHEDULE` where the program does something else than the schedule says, or has not ended with it.
 */
export async function replaySchedule(
  tested: Tested<RaceScenario>,
  runs: readonly Run[],
  options: ReplayOptions,
): Promise<Result> {
  const { build } = tested;
  const simulation = new Simulation(build);
  const replayer = new Replayer(build);
  try {
    const execution = await simulation.describe(tested, runs);
    checkDescribed(execution);
    const real = await replayer.replay(tested, runs, options);
    const times = Object.values(real.endings).reduce((sum, count) => sum + count, 0);
    return replayCell(tested, execution, real, times);
  } finally {
    await Promise.all([simulation.close(), replayer.close()]);
  }
}

function checkDescribed({ strayed, ending }: DescribedExecution): void {
  if (strayed !== 0)
    throw new LostbitError('E_SCHEDULE', `the program does not do what run ${strayed} of the schedule says`, {
      hint: 'it was made for another program, or written by hand',
    });
  if (ending === 'endless')
    throw new LostbitError('E_SCHEDULE', 'the schedule ends before the actors do', {
      hint: 'it was cut, or belongs to an execution that never ended: lostbit simulate finds that one again',
    });
}

/** The result of a schedule on real threads. */
function replayCell(
  tested: Tested<RaceScenario>,
  execution: DescribedExecution,
  real: ReplayResult,
  times: number,
): Result {
  const result = judge(tested, {
    engine: 'replay',
    found: real,
    evidence: execution.interleaving,
    replayed: replayedAs(execution, real, times),
    reproduce: replayAgain(execution.schedule, tested.of, tested.build),
  });
  // A single execution is not what the scenario's expectation is about.
  const verdict = verdictOf(real.outcomes, real.violations);
  return { ...result, verdict, undecided: null, expected: null, agreement: 'agrees' };
}
