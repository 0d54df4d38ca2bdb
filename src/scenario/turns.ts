// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { actorOf, type Context, type RaceScenario } from './scenario.js';
import type { Step } from './step.js';

/** An actor that runs all its steps before the next one begins. */
export interface Turn {
  readonly taker: Taker;
  readonly steps: readonly Step[];
}

/** Who takes a step. */
export interface Taker {
  readonly name: string;
  readonly context: Context;
  /** The processor that it runs on. Default: 0. */
  readonly cpu?: number;
}

/** Of more actors only some orders are taken: there are as many as the factorial of their number. */
const mostInAllOrders = 4;

/**
 * The orders in which a race's actors can run one after the other: all of them up to four actors; of more, for each actor
 * one that begins with it, and each of these backwards.
 */
export function ordersOf(scenario: Pick<RaceScenario, 'actors'>): readonly (readonly Turn[])[] {
  const turns = turnsOf(scenario);
  if (turns.length <= mostInAllOrders) return permutations(turns);
  const rotated = turns.map((_, i) => [...turns.slice(i), ...turns.slice(0, i)]);
  return [...rotated, ...rotated.map((order) => order.toReversed())];
}

/** As a scenario has them. */
export const turnsOf = ({ actors }: Pick<RaceScenario, 'actors'>): Turn[] =>
  Object.entries(actors).map(([name, actor]) => {
    const { steps, context = 'process' } = actorOf(actor);
    return { taker: { name, context }, steps };
  });

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first) =>
    permutations(of.filter((one) => one !== first)).map((rest) => [first, ...rest]),
  );
}

/** An order's name, for people: `sender then receiver`. */
export const orderName = (order: readonly Turn[]): string =>
  order.map(({ taker }) => taker.name).join(' then ');
