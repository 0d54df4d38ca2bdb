// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { placeText } from '../layout/source-place.js';
import { printable } from '../printable.js';
import type { Violation } from './engine.js';

/** The kind of what the stub kernel reports where something of the kernel is called that nobody has written. */
export const missingKind = 'missing-function';
/** What stands in its place, and reports it. */
const stands = /^(?:stub_missing|missing_\d+)$/;

/** Which function that is, and who calls it. */
export function missingText({ object, stack }: Pick<Violation, 'object' | 'stack'>): string {
  const caller = stack.find((frame) => !stands.test(frame.function));
  const place = caller === undefined ? '' : placeText(caller);
  const where = place === '' ? '' : ` (${printable(place)})`;
  const by = caller === undefined ? '' : `, which ${printable(caller.function)}${where} calls`;
  return `the stub kernel has no ${printable(object ?? 'such function')}()${by}`;
}
