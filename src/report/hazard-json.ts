// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FieldAccess, HeldLock } from '../hazards/contexts.js';
import type { HazardDifference } from '../hazards/difference.js';
import type { FieldFact } from '../hazards/facts.js';
import type { GuardReport } from '../hazards/guard-report.js';
import type { HazardPair } from '../hazards/pairs.js';
import type { HazardReport } from '../hazards/report.js';
import type { HazardDocument } from './hazard-schema.js';

/** For machines to read. */
export function hazardJson(
  report: HazardReport,
  difference: HazardDifference | null,
  guards: GuardReport | null = null,
): HazardDocument {
  const { title, units, pairs, endAtMembers, stores, unseen, refused, leftOut } = report;
  return {
    schema: 'lostbit.hazards/1',
    source: title,
    units,
    endAtMembers,
    pairs: pairs.hazards.map(pairJson),
    ordered: pairs.ordered,
    stores: stores.map((one) => ({ ...one, field: fieldJson(one.field), locks: one.locks.map(lockJson) })),
    unseen,
    refused,
    leftOut,
    ...(guards === null ? {} : { guardedBy: guardedByJson(guards) }),
    ...(difference === null
      ? {}
      : {
          against: {
            name: difference.before,
            added: difference.added.map(pairJson),
            gone: difference.gone.map(pairJson),
            refused: difference.refused[0],
          },
        }),
  };
}

function guardedByJson({ proved, notProved, unguarded }: GuardReport): HazardDocument['guardedBy'] {
  return [
    ...proved.map(({ struct, field, defined, lock }) => ({
      struct,
      field,
      defined,
      lock,
      proved: true,
      why: null,
    })),
    ...[...notProved.map(({ guarded, why }) => ({ ...guarded, why })), ...unguarded].map(
      ({ struct, field, defined, lock, why }) => ({ struct, field, defined, lock, proved: false, why }),
    ),
  ];
}

const fieldJson = ({ struct, field, defined, start, width, storage, gcc, wide }: FieldFact) => ({
  struct,
  field,
  defined,
  start,
  width,
  storage,
  gcc,
  wide,
});

const lockJson = ({ name, shared, by, relation, assumed }: HeldLock) => ({
  name,
  shared,
  by,
  own: relation !== null,
  assumed,
});

function sideJson({ field, function: name, place, value, locks, path, entry }: FieldAccess) {
  const { function: entered, kind, through, variable, phase, under } = entry;
  return {
    field: fieldJson(field),
    function: name,
    place,
    value,
    locks: locks.map(lockJson),
    path,
    entry: { function: entered, kind, through, variable, phase, under },
  };
}

function pairJson({
  struct,
  fields,
  gcc,
  wide,
  rank,
  known,
  assumed,
  sides,
  others,
}: HazardPair): HazardDocument['pairs'][number] {
  return {
    struct,
    fields: [fields[0].field, fields[1].field],
    gcc,
    wide,
    rank,
    known,
    assumed,
    sides: [sideJson(sides[0]), sideJson(sides[1])],
    others,
  };
}
