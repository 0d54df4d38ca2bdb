// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { isControl, type StagedSubject } from '../scenario/expectation.js';

/** The stage of a subject's own series that sources are nearest to, by what they have. */
export interface NearestStage {
  readonly stage: string;
  /** Patches that lead to the stage and that the sources lack, and those that they have besides; by the stages that they lead to. */
  readonly lacking: readonly string[];
  readonly besides: readonly string[];
}

/**
 * The stage that differs in the fewest patches; of several, the earliest.
 *
 * @param at a stage of the sources.
 */
export function nearestStage(
  { stages, has: hasAt }: NonNullable<StagedSubject['known']>,
  at: string,
): NearestStage {
  const has = hasAt(at);
  const [first] = stages;
  const series = stages.find((one) => !isControl(one) && (one.series ?? null) !== null)?.series;
  const patches = stages.filter((one) => !isControl(one) && one.series === series && one !== first);
  const candidates = [first!, ...patches].map(({ name }, count) => ({
    stage: name,
    lacking: patches.slice(0, count).flatMap((one) => (has.has(one.name) ? [] : [one.name])),
    besides: patches.slice(count).flatMap((one) => (has.has(one.name) ? [one.name] : [])),
  }));
  const distance = ({ lacking, besides }: NearestStage) => lacking.length + besides.length;
  return candidates.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}
