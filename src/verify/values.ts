// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Values } from '../scenario/grade.js';

/**
 * An observed value for people. Masks and registers are read in hexadecimal, counts in decimal; which of them a value is is
 * unknown, so that both are printed where they differ. `none` where there is no such field.
 */
export function valueText(value: number | null): string {
  if (value === null) return 'none';
  return value < 10 ? String(value) : `${value} (0x${value.toString(16)})`;
}

/** Observed values in a line: `virq_disabled=1 bardirty=0`. */
export function formatValues(values: Values): string {
  const each = Object.entries(values).map(([name, value]) => `${name}=${valueText(value)}`);
  return each.length > 0 ? each.join(' ') : 'nothing observed';
}
