// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Case, Violation } from '../engine/engine.js';
import type { Replayer } from '../engine/replay/replay.js';
import type { SimulatedViolation } from '../engine/simulate/simulation.js';
import { withoutPlace } from '../engine/violations.js';
import type { RaceScenario } from '../scenario/scenario.js';

/** Schedules that are replayed for the places of violations; each takes about a tenth of a second. */
const most = 16;

/**
 * Violations with the calls that led to them. The stub kernel cannot ask for these in the simulator, where threads are
 * coroutines: of such a violation its schedule is replayed on real threads, which have the same one there.
 *
 * @throws what {@link Replayer.replay} does.
 */
export async function placed(
  tested: Case<RaceScenario>,
  violations: readonly SimulatedViolation[],
  replayer: Replayer,
  signal?: AbortSignal,
): Promise<SimulatedViolation[]> {
  const replayed = new Map<string, readonly Violation[]>();
  const found: SimulatedViolation[] = [];
  for (const violation of violations) {
    const { schedule, runs } = violation;
    const isWanted = violation.stack.length === 0 && violation.task !== null && !signal?.aborted;
    if (isWanted && !replayed.has(schedule) && replayed.size < most)
      replayed.set(
        schedule,
        (await replayer.replay(tested, runs, signal === undefined ? {} : { signal })).violations,
      );
    const real = isWanted ? replayed.get(schedule)?.find((one) => isSame(one, violation)) : undefined;
    found.push(real === undefined ? violation : { ...violation, stack: real.stack });
  }
  return found;
}

const isSame = (one: Violation, other: Violation): boolean =>
  one.kind === other.kind &&
  one.task === other.task &&
  withoutPlace(one.object) === withoutPlace(other.object);
