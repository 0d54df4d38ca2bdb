// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Toolchain } from '../toolchain/types.js';
import { annotationDiff, annotationsOf, type NotAnnotated } from './annotate.js';
import type { GuardedField, UnguardedField } from './guarded-by.js';
import { type Proof, type ProofOptions, prove } from './prove.js';
import type { HazardReport } from './report.js';
import type { HazardSource } from './source.js';

/** Which lock guards which field, and what clang says of it. */
export interface GuardReport {
  /** Files that were looked through, which the proof is about. */
  readonly units: number;
  readonly locksOf: Proof['locksOf'];
  readonly proved: readonly GuardedField[];
  /** Fields whose writers agree on a lock, without an annotation in the diff. */
  readonly notProved: readonly NotAnnotated[];
  readonly unguarded: readonly UnguardedField[];
  /** Annotates what is proved; empty where nothing is. */
  readonly diff: string;
}

/**
 * Annotates the fields whose writers agree on a lock, and keeps what clang confirms.
 *
 * @param source where the report comes from.
 * @throws LostbitError as {@link prove} does.
 */
export async function guardReport(
  { guards, refused }: Pick<HazardReport, 'guards' | 'refused'>,
  source: HazardSource,
  toolchain: Toolchain,
  options: ProofOptions = {},
): Promise<GuardReport> {
  const textOf = (path: string) => source.text(path) || undefined;
  const { annotations, leftOut } = annotationsOf(guards.guarded, textOf);
  const unread = new Set(refused.map(({ path }) => path));
  const units = source.units.filter((path) => !unread.has(path));
  const { proved, unproved, locksOf } = await prove(annotations, source, units, toolchain, options);
  return {
    units: units.length,
    locksOf,
    proved: proved.map(({ guarded }) => guarded),
    notProved: [...leftOut, ...unproved.map(({ annotation: { guarded }, why }) => ({ guarded, why }))],
    unguarded: guards.unguarded,
    diff: annotationDiff(proved, textOf),
  };
}
