// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type HazardPair, leastLikely } from './pairs.js';
import type { HazardReport } from './report.js';
import type { Refused } from './survey.js';

/** Pairs that only one of two states of some C has. */
export interface HazardDifference {
  readonly before: string;
  readonly after: string;
  readonly added: readonly HazardPair[];
  readonly gone: readonly HazardPair[];
  /** Files that nothing is known of, before and after: what is new or gone there is not told. */
  readonly refused: readonly [readonly Refused[], readonly Refused[]];
}

/**
 * Compares the likely pairs by structs and fields: where in a struct they lie, and in which lines they are written, may change. One that
 * takes so much more to be assumed that it is unlikely is gone.
 */
export function hazardDifference(
  before: HazardReport,
  after: HazardReport,
  names: readonly [string, string],
): HazardDifference {
  // Of a file that is not read, nothing is gone or new.
  const isRead = (refused: readonly Refused[]) => {
    const paths = new Set(refused.map(({ path }) => path));
    return ({ sides }: HazardPair) => !sides.some(({ place }) => paths.has(place.file));
  };
  const keyOf = ({ struct, fields: [a, b] }: HazardPair) => [struct, ...[a.field, b.field].sort()].join('\n');
  const without = (pairs: readonly HazardPair[], others: readonly HazardPair[]) => {
    const known = new Set(others.map(keyOf));
    return pairs.filter((pair) => !known.has(keyOf(pair)));
  };
  const [old, now] = [before, after].map(({ pairs }) =>
    pairs.hazards.filter(({ rank }) => rank >= leastLikely),
  ) as [HazardPair[], HazardPair[]];
  return {
    before: names[0],
    after: names[1],
    added: without(now, old).filter(isRead(before.refused)),
    gone: without(old, now).filter(isRead(after.refused)),
    refused: [before.refused, after.refused],
  };
}
