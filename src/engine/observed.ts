// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { Machine } from '../machine/machine.js';
import type { Values } from '../scenario/grade.js';
import type { FieldPath, OutcomePattern, RaceScenario } from '../scenario/scenario.js';
import { encodeField } from './encode.js';
import { type Names, resolveField, scenarioNames } from './variables.js';

/** The C side's LAB_ABSENT. */
const absent = -(2 ** 63);

const known = (value: number): number | null => (value === absent ? null : value);

/** Reads what the module has written of an outcome: an s64 a name, in their order. */
export function readObserved(view: DataView, address: number, names: readonly string[]): Values {
  return Object.fromEntries(
    names.map((name, i) => [name, known(Number(view.getBigInt64(address + 8 * i, true)))]),
  );
}

/** A field of a machine's first instance, between two steps. */
export interface SeenField {
  /** `null` behind a pointer that is NULL. Of a pointer, whether it is there: 0 or 1. */
  readonly value: number | null;
  /** Of the bytes that hold it; 0 behind a pointer that is NULL. */
  readonly address: number;
  /** The path of that pointer; `null` where there is none. */
  readonly missing: string | null;
}

/**
 * Reads a field of the first instance, as the machine is now; no thread may be changing it.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`, `E_DANGLING_POINTER`.
 */
export async function lookAt(machine: Machine, names: Names, field: FieldPath): Promise<SeenField> {
  const look = machine.global('lab_look');
  encodeField(machine, look, 'what', field, names);
  machine.global('lab_misread').set('kind', 0);
  await machine.call(0, 'lab_look_at');
  refuseMisread(machine, names, [field]);
  const value = known(look.get('value'));
  const missing = value === null ? pointerBefore(machine, names, field, nullAt(machine, 0)).path : null;
  return { value, address: look.get('address'), missing };
}

const nullAt = (machine: Machine, observed: number) => machine.global('lab_nulls').get(`hop[${observed}]`);

/** The pointer that is followed to a hop of a field. */
const pointerBefore = (machine: Machine, names: Names, field: FieldPath, hop: number) =>
  resolveField(machine, names, field).pointers[hop - 1]!;

/** The path of the pointer that was NULL when a field was last not there; `null` where it always was, or is not a field. */
export function missingOf(machine: Machine, scenario: RaceScenario, name: string): string | null {
  const what = scenario.observe[name];
  const hop = nullAt(machine, Object.keys(scenario.observe).indexOf(name));
  return typeof what === 'string' && hop > 0
    ? pointerBefore(machine, scenarioNames(scenario), what, hop).path
    : null;
}

/** Does some pattern expect `null` of a name? */
const isExpected = (patterns: readonly OutcomePattern[], name: string) =>
  patterns.some(({ when }) => when[name] === null);

/** Does an outcome lack a value that every pattern expects to be there? */
export const lacks = (patterns: readonly OutcomePattern[], values: Values): boolean =>
  Object.entries(values).some(([name, value]) => value === null && !isExpected(patterns, name));

/**
 * Refuses a field that was never there, since a pointer on its path was NULL in every outcome, where no pattern expects
 * that. A wildcard would call it acceptable, and the test would test nothing.
 *
 * @param missing the path of the pointer that was NULL when a name was observed; `null` for what is not a field.
 * @throws LostbitError `E_NULL_POINTER`.
 */
export function refuseAbsent(
  patterns: readonly OutcomePattern[],
  outcomes: readonly { readonly values: Values }[],
  missing: (name: string) => string | null,
): void {
  for (const name of Object.keys(outcomes[0]?.values ?? {})) {
    if (isExpected(patterns, name) || outcomes.some(({ values }) => values[name] !== null)) continue;
    const pointer = missing(name);
    if (pointer === null) continue;
    throw new LostbitError(
      'E_NULL_POINTER',
      `observed '${name}' was never there: '${pointer}' is NULL in every outcome`,
      {
        hint: `if it may be, say what that means: { when: { ${name}: null }, … }`,
      },
    );
  }
}

/** Has a field failed to be read since this was last cleared? */
export const wasMisread = (machine: Machine): boolean => machine.global('lab_misread').get('kind') !== 0;

/**
 * Throws where a field could not be read, saying why. All engines read by the same rule: what lies behind a pointer must
 * be a part of the object that the pointer points to, and that object must be allocated.
 *
 * @param fields what is observed, by its index; other things than fields are never misread.
 * @throws LostbitError `E_UNKNOWN_FIELD`, `E_DANGLING_POINTER`.
 */
export function refuseMisread(machine: Machine, names: Names, fields: readonly unknown[]): void {
  if (!wasMisread(machine)) return;
  const misread = machine.global('lab_misread');
  const kind = machine.enumeratorName('lab_misread_kind', misread.get('kind'));
  const field = fields[misread.get('observed')] as FieldPath;
  const { path, target, indexed } = pointerBefore(machine, names, field, misread.get('hop'));
  const bytes = misread.get('bytes');
  if (kind === 'LAB_OUTSIDE') {
    const elements = Math.floor(bytes / target);
    throw new LostbitError(
      'E_UNKNOWN_FIELD',
      `${field}: it lies outside of what '${path}' points to, where ${sized(bytes)} allocated`,
      {
        hint:
          indexed && elements > 0
            ? `its elements are '${path}[0]' to '${path}[${elements - 1}]'`
            : 'it is of another type than the path says',
      },
    );
  }
  if (kind === 'LAB_STATIC')
    throw new LostbitError(
      'E_UNKNOWN_FIELD',
      `${field}: '${path}' points to static data, of which only the first element is known: '${path}[0]'`,
    );
  const where =
    kind === 'LAB_FREED'
      ? `to memory that is freed, where ${sized(bytes, 'were')} allocated`
      : `to nothing that is allocated (0x${(misread.get('pointer') >>> 0).toString(16)})`;
  throw new LostbitError('E_DANGLING_POINTER', `${field} cannot be read: '${path}' points ${where}`, {
    hint: `observe it while that is there, or '${path}' itself, which reads as 0 where it is NULL`,
  });
}

function sized(bytes: number, are = 'are'): string {
  return bytes === 1 ? `1 byte ${are === 'are' ? 'is' : 'was'}` : `${bytes} bytes ${are}`;
}
