// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { LostbitError } from './errors.js';

const known = new Map<string, number>();

/**
 * The number that a header of lostbit's own defines a macro as, so that no number of the C is repeated elsewhere.
 *
 * @throws LostbitError `E_BROKEN_INSTALL` where the header is not there, or does not define it.
 */
export function definedNumber(header: string, macro: string): number {
  const key = `${header} ${macro}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const hint = 'install lostbit again';
  let text: string;
  try {
    text = readFileSync(header, 'utf8');
  } catch {
    throw new LostbitError('E_BROKEN_INSTALL', `cannot read ${header}`, { hint });
  }
  const value = new RegExp(`^#define ${macro} (\\d+)$`, 'm').exec(text)?.[1];
  if (value === undefined)
    throw new LostbitError('E_BROKEN_INSTALL', `${header} does not define ${macro}`, { hint });
  known.set(key, Number(value));
  return Number(value);
}
