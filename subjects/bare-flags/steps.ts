// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { op, type Step } from '../../src/scenario/step.js';

/** Flags that a step can write: the C's `enum flag`. */
export const bareFlags = ['packed.a', 'packed.b', 'packed.i', 'plain.a', 'plain.b'] as const;

export type BareFlag = (typeof bareFlags)[number];

/**
 * Writes a flag: `packed.*` are bit-fields of one run of twelve, `a` and `b` in its first byte and `i` in its second;
 * `plain.*` are separate bools.
 */
export const flagWrite = (flag: BareFlag, value: boolean): Step =>
  op(
    'flag_write',
    { shown: flag, is: { enum: 'flag', name: `FLAG_${flag.toUpperCase().replace('.', '_')}` } },
    Number(value),
  );

/**
 * Adds one to `count`, without a lock and in two accesses: of two that do so at once, one may be lost. Returns the value
 * that it wrote.
 */
export const countUp = (): Step => op('count_up');
