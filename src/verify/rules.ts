// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { meanings, violationKind } from '../engine/violations.js';

/** Something that lostbit looks for. */
export interface Rule {
  /** Stable: `lostbit/use-after-free`. */
  readonly id: string;
  /** A line for people. */
  readonly description: string;
}

/** Kinds of violations that engines report themselves. */
const ofEngines: Readonly<Record<string, string>> = {
  deadlock: 'actors wait for each other, or for what nobody will do',
  hang: 'a step never returned',
  livelock: 'actors poll what no other actor will change',
  'not-exclusive': 'a field that one actor at a time is to have for itself was touched by two',
  'shared-byte': 'a field shares a byte with a field that it has to be apart from',
  trap: 'code trapped: a wild access, a division by zero, or a BUG()',
};

/** What is found beside violations. */
const ofOutcomes: Readonly<Record<string, string>> = {
  'data-race': 'two accesses of the same bytes, one of them a write, are ordered by nothing',
  'forbidden-outcome': 'actors, or a sequence, left behind what the scenario forbids',
};

/** The id of a rule: of a kind of violation, of `data-race` or of `forbidden-outcome`. */
export const ruleOf = (kind: string): string => `lostbit/${kind}`;

/** All rules, by their ids in order: one for each kind of violation that the stub kernel or an engine may report. */
export const rules: readonly Rule[] = [
  ...Object.entries(meanings).map(([name, meaning]) => [violationKind(name), meaning] as const),
  ...Object.entries({ ...ofEngines, ...ofOutcomes }),
]
  .map(([kind, description]) => ({ id: ruleOf(kind), description }))
  .sort((a, b) => (a.id < b.id ? -1 : 1));
