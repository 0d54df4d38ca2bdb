// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Violation } from '../engine/engine.js';
import type { DataRace, RaceSide } from '../engine/interleaving.js';
import { notExclusive } from '../engine/simulate/exclusive.js';
import type { CodeFrame } from '../layout/code-map.js';
import { sha256 } from '../toolchain/cache.js';
import { driverCall } from './driver-code.js';

/**
 * What finds a violation again, in 16 hexadecimal digits: its kind, the innermost of the driver's functions that led
 * there, and its object's path. Lines, addresses, indices and sizes are not in it: they change with every patch, build and
 * machine. Nor are the functions further out, of which a compiler inlines more or less, and the simulator then sees fewer.
 * Of what has neither an object nor a place in the driver, as a deadlock, what it says is taken instead.
 */
export function fingerprintOf({ kind, object, stack, message }: Omit<Violation, 'count'>): string {
  // Who comes second in a breach is a matter of the schedule.
  const where = kind === notExclusive ? '' : functionOf(stack);
  const what = withoutNumbers(object ?? '');
  return digest([kind, where, what, where === '' && what === '' ? withoutNumbers(message) : '']);
}

/**
 * The same of a data race, from both of its sides: which comes first is a matter of the schedule. How wide they are is
 * left to the compiler, and so is the kind of race that this makes.
 */
export function raceFingerprint({ sides }: Pick<DataRace, 'sides'>): string {
  return digest(['data-race', ...sides.map(sideText).sort()]);
}

function sideText({ stack, fields, oneOf, object }: RaceSide): string {
  const meant = [...fields, ...oneOf];
  const what = (meant.length > 0 ? meant : [object]).map(withoutNumbers);
  return JSON.stringify([functionOf(stack), ...new Set(what)]);
}

/** Without what compilers add to the names of copies: `.specialized.1`. */
const functionOf = (stack: readonly CodeFrame[]): string =>
  driverCall(stack)?.function.replace(/\..*/, '') ?? '';

/** Digits that belong to a name stay. */
const withoutNumbers = (text: string): string => text.replace(/\+?(?<!\w)(?:0x[0-9a-f]+|\d+)/g, '');

const digest = (parts: readonly string[]): string => sha256(JSON.stringify(parts)).slice(0, 16);
