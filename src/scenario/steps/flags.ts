// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { named } from './names.js';
import { step } from './step.js';

// Flags with no driver around them.

/** Bare flags a step can write: the C side's `enum lab_flag`. */
export const bareFlags = ['packed.a', 'packed.b', 'packed.i', 'plain.a', 'plain.b'] as const;

export type BareFlag = (typeof bareFlags)[number];

/**
 * Writes a flag of a device that is nothing but flags (`{ flags: true }`): `packed.*` are bit-fields of one
 * run of twelve, `a` and `b` in its first byte and `i` in its second; `plain.*` are separate bools.
 */
export const flagWrite = <const D extends string>(device: D, flag: BareFlag, value: boolean) =>
  step('flag_write', device, named('flag', bareFlags, flag, 'flag'), Number(value));

/**
 * Adds one to the `count` of a device that is nothing but flags, without a lock and in two accesses: of two that
 * do so at once, one may be lost. Returns the value that it wrote.
 */
export const countUp = <const D extends string>(device: D) => step('count_up', device);
