// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Violation } from './engine.js';

/** Adds a violation to those that there are: equal ones are one, counted together. */
export function countIn(violations: Map<string, Violation>, violation: Violation): void {
  const key = JSON.stringify({ ...violation, count: 0 });
  const known = violations.get(key);
  violations.set(key, known === undefined ? violation : { ...known, count: known.count + violation.count });
}
