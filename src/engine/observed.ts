// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Values } from '../scenario/grade.js';

/** The C side's LAB_ABSENT. */
const absent = -(2 ** 63);

/** Reads what the module has written of an outcome: an s64 a name, in their order. */
export function readObserved(view: DataView, address: number, names: readonly string[]): Values {
  return Object.fromEntries(
    names.map((name, i) => {
      const value = Number(view.getBigInt64(address + 8 * i, true));
      return [name, value === absent ? null : value];
    }),
  );
}
