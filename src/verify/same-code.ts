// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { scheduleAt } from '../engine/schedule.js';
import type { Build } from '../toolchain/build.js';
import type { Finding } from './judge.js';
import type { Cell } from './verify.js';

/**
 * Cells of which another one has the same scenario and, at another stage, the same module: a patch that touches nothing of it. What an
 * engine finds of that one is theirs, too.
 */
export function cellsOfSameCode<C extends Cell>(cells: readonly C[], buildOf: (cell: C) => Build): Map<C, C> {
  const scenarios = new Map<Cell['scenario'], Map<string, C>>();
  const same = new Map<C, C>();
  for (const cell of cells) {
    const first = scenarios.get(cell.scenario) ?? new Map<string, C>();
    scenarios.set(cell.scenario, first);
    const key = JSON.stringify([cell.origin, buildOf(cell).key]);
    const known = first.get(key);
    if (known === undefined) first.set(key, cell);
    else same.set(cell, known);
  }
  return same;
}

/** What was found, told of another stage with the same module. */
export function findingAt(finding: Finding, stage: string): Finding {
  const { found, simulated } = finding;
  const moved = <T extends object>(one: T): T =>
    'schedule' in one && typeof one.schedule === 'string'
      ? { ...one, schedule: scheduleAt(one.schedule, stage) }
      : one;
  return {
    ...finding,
    found: { ...found, outcomes: found.outcomes.map(moved), violations: found.violations.map(moved) },
    ...(simulated === undefined
      ? {}
      : {
          simulated: {
            ...simulated,
            result: { ...simulated.result, races: simulated.result.races.map(moved) },
          },
        }),
  };
}
