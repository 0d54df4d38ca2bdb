// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';
import { describeUnserved } from '../unserved.js';
import type { Explored } from './simulator.js';

/** Executions that nobody finished: why there may be more than was seen, and what a scenario lacks. */
export function unservedIn(
  machine: Machine,
  { outcomes, unserved }: Explored,
): { readonly bounded: string | null; readonly warnings: readonly string[] } {
  const count = outcomes.reduce(
    (sum, outcome) => sum + (outcome.ending === 'unserved' ? outcome.count : 0),
    0,
  );
  if (count === 0) return { bounded: null, warnings: [] };
  const executions = `${count.toLocaleString('en-US')} execution${count === 1 ? '' : 's'}`;
  const { what, hint } = describeUnserved(machine, unserved);
  return {
    bounded: `${executions} in which nobody did what was due when no actor could go on`,
    warnings: [`in ${executions} no actor could go on while ${what}, which a kernel would run: ${hint}`],
  };
}
