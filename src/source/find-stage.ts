// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { nearest, offer } from '../nearest.js';
import { printable } from '../printable.js';

/** How a stage is asked for: by its name, by its index (0 is the source before any patch), or by its patch's subject. */
export type StageName = string | number;

/** What a stage is known by. */
export interface NamedStage {
  readonly name: string;
  /** Of the last patch applied; null where there is none. */
  readonly subject: string | null;
  /** Further names that it is found by. */
  readonly aliases?: readonly string[];
}

/**
 * The stage of an ordered list that somebody means. A subject may be given in part, in capitals or not, if it is one's only.
 *
 * @throws LostbitError `E_UNKNOWN_STAGE`, offering the nearest, or naming those that a subject may mean.
 */
export function findStage<Stage extends NamedStage>(stages: readonly Stage[], wanted: StageName): Stage {
  const text = String(wanted);
  const isWanted = (name: string) => name === wanted;
  const found =
    stages.find(({ name }) => isWanted(name)) ?? stages.find(({ aliases }) => aliases?.some(isWanted));
  if (found !== undefined) return found;
  const indexed = /^\d{1,9}$/.test(text) ? stages[Number(text)] : undefined;
  if (indexed !== undefined) return indexed;

  const needle = text.trim().toLowerCase();
  const bySubject = (fits: (subject: string) => boolean) =>
    stages.filter(({ subject }) => subject !== null && fits(subject.toLowerCase()));
  const exact = bySubject((subject) => subject === needle);
  const meant = exact.length > 0 || needle === '' ? exact : bySubject((subject) => subject.includes(needle));
  if (meant.length > 1) {
    const told = meant.slice(0, 5).map(({ name, subject }) => `${printable(name)} (${printable(subject!)})`);
    throw new LostbitError('E_UNKNOWN_STAGE', `'${printable(text)}' may be ${told.join(' or ')}`, {
      hint: 'name the stage, or more of the subject',
    });
  }
  if (meant[0] === undefined) throw unknownStage(stages, wanted);
  return meant[0];
}

/** The error for a stage that is not there. */
function unknownStage(stages: readonly NamedStage[], wanted: StageName): LostbitError {
  const text = printable(String(wanted));
  const names = stages.map(({ name }) => printable(name));
  const near = nearest(text, [...names, ...stages.flatMap(({ subject }) => subject ?? [])]);
  return new LostbitError('E_UNKNOWN_STAGE', `there is no stage '${text}'`, {
    hint: offer(text, near.length > 0 ? near : names),
  });
}
