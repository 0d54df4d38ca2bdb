// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { fieldAccesses, type HeldLock } from './contexts.js';
import type { FieldFact, UnitFacts } from './facts.js';
import { type Guards, guardsOf } from './guarded-by.js';
import type { SourcePlace } from './ir/types-by-name.js';
import { type Pairs, pairsOf } from './pairs.js';
import type { HazardSource, LeftOut } from './source.js';
import type { Refused, Survey } from './survey.js';
import { relationOf } from './value.js';

/** A store of a bit-field, as its own function shows it. */
export interface Store {
  readonly field: FieldFact;
  readonly function: string;
  readonly place: SourcePlace;
  readonly value: number | null;
  readonly locks: readonly HeldLock[];
}

/** What is known of the bit-fields that some C writes. */
export interface HazardReport {
  readonly title: string;
  /** Files that were looked through. */
  readonly units: number;
  readonly stores: readonly Store[];
  readonly pairs: Pairs;
  /** Ways to stores end where a function is called through a member of a struct: beyond, there were too many. */
  readonly endAtMembers: boolean;
  readonly guards: Guards;
  readonly unseen: UnitFacts['unseen'];
  readonly refused: readonly Refused[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Puts together what units do.
 *
 * @param endAtMembers whatever their number, ways end where a function is called through a member of a struct.
 */
export function hazardReport(
  source: Pick<HazardSource, 'title' | 'leftOut' | 'whole'>,
  { facts, refused }: Survey,
  endAtMembers = false,
): HazardReport {
  const unseen = new Map(
    facts.flatMap((unit) => unit.unseen.map((one) => [`${one.place.file}:${one.place.line}`, one])),
  );
  const ways = fieldAccesses(facts, source.whole, endAtMembers ? 0 : undefined);
  return {
    title: source.title,
    units: facts.length,
    stores: storesIn(facts),
    pairs: pairsOf(ways.accesses),
    endAtMembers: ways.endAtMembers,
    guards: guardsOf(ways.accesses),
    unseen: [...unseen.values()],
    refused,
    leftOut: source.leftOut,
  };
}

const keyOfHeld = ({ name, relation, shared }: HeldLock): string => `${name} ${relation} ${shared}`;

function storesIn(facts: readonly UnitFacts[]): Store[] {
  const stores = new Map<string, Store>();
  for (const unit of facts)
    for (const { name, writes } of unit.functions)
      for (const { field, place, value, object, locks } of writes) {
        const found = unit.fields[field]!;
        const held = locks.map(({ address, name, shared, by }): HeldLock => {
          const relation = relationOf(object, address);
          return { name, shared, by, relation: relation?.key ?? null, assumed: relation?.assumed ?? true };
        });
        // An inline function of a header is in many units, and one that is given numbers is there for each: what all say is true.
        const key = `${place.file}:${place.line} ${found.struct}.${found.field} ${name}`;
        const known = stores.get(key);
        const keys = new Set(known?.locks.map(keyOfHeld));
        stores.set(key, {
          field: found,
          function: name,
          place,
          value: known === undefined || known.value === value ? value : null,
          locks: known === undefined ? held : held.filter((one) => keys.has(keyOfHeld(one))),
        });
      }
  const keyOf = ({ field, place }: Store) =>
    `${field.struct} ${String(field.start).padStart(8, '0')} ${place.file} ${String(place.line).padStart(8, '0')}`;
  return [...stores.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
