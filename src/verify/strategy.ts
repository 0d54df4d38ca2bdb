// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { SimulateOptions } from '../engine/simulate/simulation.js';
import { strategies } from '../engine/simulate/simulator.js';
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';

/** How an exploration goes, and where it ends. */
export type Strategic = Pick<
  SimulateOptions,
  'strategy' | 'preemptions' | 'executions' | 'seconds' | 'steps' | 'seed'
>;

/** Executions by chance, where nothing else ends them. */
const byChance = 10_000;

/**
 * What was asked for, with what goes with it: a bound on preemptions with dfs, which alone keeps one, and an end and a seed
 * with executions by chance.
 *
 * @throws LostbitError `E_STRATEGY` where there is no such strategy, or it knows no bound on preemptions.
 */
export function strategic(asked: Strategic): Strategic {
  const { strategy = asked.preemptions === undefined ? 'dpor' : 'dfs', preemptions, seconds } = asked;
  if (!strategies.includes(strategy))
    throw new LostbitError('E_STRATEGY', `there is no strategy '${printable(String(strategy))}'`, {
      hint: offer(String(strategy), strategies),
    });
  if (preemptions !== undefined && strategy !== 'dfs')
    throw new LostbitError('E_STRATEGY', `'${strategy}' knows no bound on preemptions`, {
      hint: 'leave the strategy out: a bound goes with dfs',
    });
  const chance = strategy === 'random' || strategy === 'pct';
  const executions = asked.executions ?? (chance && seconds === undefined ? byChance : undefined);
  return {
    strategy,
    ...(preemptions === undefined ? {} : { preemptions }),
    ...(executions === undefined ? {} : { executions }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(asked.steps === undefined ? {} : { steps: asked.steps }),
    ...(chance ? { seed: asked.seed ?? 1 } : {}),
  };
}
