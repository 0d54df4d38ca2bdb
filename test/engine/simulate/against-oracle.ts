// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect } from 'vitest';
import type { Explored } from '../../../src/engine/simulate/simulator.js';
import { type Possible, type Program, replay, show } from './oracle.js';

/** What the simulator says of a random program, held against what the oracle does. */

/** What was observed in an exploration, in the oracle's words; of what did not end, how. */
export function ends({ outcomes }: Explored): string[] {
  return outcomes
    .filter(({ ending }) => ending !== 'deadlock')
    .map(({ ending, values }) => (ending === 'done' ? show(values) : ending))
    .sort();
}

/** Each schedule leads to the outcome that it is given for. */
export function expectSchedules(program: Program, { outcomes }: Explored): void {
  for (const { ending, values, runs } of outcomes)
    expect(replay(program, runs), JSON.stringify(runs)).toEqual(ending === 'deadlock' ? 'deadlock' : values);
}

/** What was observed, and in how many executions. */
function countsOf({ outcomes }: Explored): Map<string, number> {
  return new Map(
    outcomes.filter(({ ending }) => ending === 'done').map(({ values, count: seen }) => [show(values), seen]),
  );
}

/** `dfs` goes through all orders, each once. */
export function expectAll(program: Program, all: Possible, dfs: Explored): void {
  const { executions, deadlocks, bounded } = dfs;
  expect({ executions, deadlocks, bounded }).toEqual({
    executions: all.interleavings,
    deadlocks: all.deadlocks,
    bounded: null,
  });
  expect(countsOf(dfs)).toEqual(all.finals);
  expectSchedules(program, dfs);
}

/** `dpor` finds every end, with no more executions than there are orders. */
export function expectReduced(program: Program, all: Possible, dpor: Explored): void {
  expect(ends(dpor)).toEqual([...all.finals.keys()].sort());
  const { deadlocks, blocked, bounded } = dpor;
  expect({ deadlocks: deadlocks > 0, blocked, bounded }).toEqual({
    deadlocks: all.deadlocks > 0,
    blocked: 0,
    bounded: null,
  });
  expect(dpor.executions).toBeLessThanOrEqual(all.interleavings);
  expectSchedules(program, dpor);
}

/** Many more than there are orders: an exploration that goes on beyond them has no end. */
export const beyond = (all: Possible) => ({ executions: 10 * all.interleavings + 100 });
