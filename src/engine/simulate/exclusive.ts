// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

import { LostbitError } from '../../errors.js';
import type { CodeFrame } from '../../layout/code-map.js';
import { placeText } from '../../layout/source-place.js';
import type { Machine } from '../../machine/machine.js';
import type { RaceScenario } from '../../scenario/scenario.js';
import type { Violation } from '../engine.js';
import type { DataRace, RaceSide } from '../interleaving.js';
import { lookAt } from '../observed.js';
import { resolveField, scenarioNames } from '../variables.js';

/** The kind of violation that a breach is. */
export const notExclusive = 'not-exclusive';

/** A field that only one actor at a time may touch, and where its bits are. */
export interface ExclusiveField {
  readonly name: string;
  /** Of the first byte that it has bits in, */
  readonly address: number;
  /** ... and its bits, from that byte's least significant on. */
  readonly mask: bigint;
}

/**
 * Looks up the fields that a scenario calls exclusive, in a machine that is set up.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`, also where a pointer on the way is NULL: there is no such field then;
 * `E_DANGLING_POINTER`.
 */
export async function exclusiveFields(machine: Machine, scenario: RaceScenario): Promise<ExclusiveField[]> {
  const { exclusive = [] } = scenario;
  const names = scenarioNames(scenario);
  const found: ExclusiveField[] = [];
  for (const name of exclusive) {
    const { address } = await lookAt(machine, names, name);
    if (address === 0)
      throw new LostbitError(
        'E_UNKNOWN_FIELD',
        `'${name}' cannot be exclusive: it does not exist after the set-up`,
        {
          hint: 'a pointer on the way there is NULL',
        },
      );
    const { bit, bits } = resolveField(machine, names, name);
    found.push({ name, address, mask: ((1n << BigInt(bits)) - 1n) << BigInt(bit) });
  }
  return found;
}

/** What an access does to a field's bits. */
export type Touch = 'reads' | 'writes' | 'writes back' | 'may read' | 'may write';

/** `null` where it leaves them alone, as a read of a neighbour does. */
export function touchOf({ address, mask }: ExclusiveField, side: RaceSide): Touch | null {
  const offset = BigInt((address - side.address) * 8);
  const whole = (1n << BigInt(side.bytes * 8)) - 1n;
  const own = (offset < 0n ? mask >> -offset : mask << offset) & whole;
  if (own === 0n) return null;
  const means = side.bytes > 8 || (side.mask & own) !== 0n;
  const isSure = side.bytes > 8 || (side.mask & own & ~side.unsure) !== 0n;
  if (side.kind === 'load' || side.kind === 'atomic.load')
    return means ? (isSure ? 'reads' : 'may read') : null;
  if (means) return isSure ? 'writes' : 'may write';
  return side.kind === 'store' ? 'writes back' : null;
}

/** Two actors have touched a field that must be exclusive. */
export interface Breach extends Pick<DataRace, 'sides' | 'count'> {
  readonly field: ExclusiveField;
}

/** A breach as a violation, by the actor that came second. */
export function breachText({ field, sides, count }: Breach): Violation {
  const [first, second] = sides;
  const { task, context, stack } = second;
  const touches = [first, second].map((side) => `'${side.task}' ${touchText(field, side)}`).join(' and ');
  return {
    kind: notExclusive,
    message: `${field.name} is to be exclusive, but ${touches}, and nothing orders the two`,
    object: field.name,
    task,
    context,
    stack,
    count,
  };
}

/** `writes it back with port.stopped in port_throttle (port.c:22)` */
function touchText(field: ExclusiveField, side: RaceSide): string {
  const touch = touchOf(field, side);
  const neighbours = side.fields.join(' and ') || side.oneOf.join(' or ') || side.object;
  const what =
    touch === 'writes back'
      ? `writes it back with ${neighbours}`
      : touch === 'may write'
        ? `writes ${neighbours}, one of which it is`
        : `${touch} it`;
  const [frame] = side.stack;
  return frame === undefined ? what : `${what} in ${placeOf(frame)}`;
}

/** `port_throttle (port.c:22)` */
export function placeOf(frame: CodeFrame): string {
  return frame.file === null ? frame.function : `${frame.function} (${placeText(frame)})`;
}
