// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
const effects = new Map<number, readonly [operands: number, results: number]>();
function define(first: number, last: number, operands: number, results: number): void {
  for (let opcode = first; opcode <= last; opcode++) effects.set(opcode, [operands, results]);
}
define(0x25, 0x25, 1, 1); // table.get
define(0x26, 0x26, 2, 0); // table.set
define(0x3f, 0x3f, 0, 1); // memory.size
define(0x40, 0x40, 1, 1); // memory.grow
define(0x43, 0x44, 0, 1); // f32.const, f64.const
define(0x45, 0xc4, 2, 1); // comparisons, arithmetic; and of one operand:
for (const [first, last] of [
  [0x45, 0x45],
  [0x50, 0x50],
  [0x67, 0x69],
  [0x79, 0x7b],
  [0x8b, 0x91],
  [0x99, 0x9f],
  [0xa7, 0xc4],
] as const)
  define(first, last, 1, 1);
define(0xd0, 0xd0, 0, 1); // ref.null
define(0xd1, 0xd1, 1, 1); // ref.is_null
define(0xd2, 0xd2, 0, 1); // ref.func
define(0xfc00, 0xfc07, 1, 1); // saturating conversions
define(0xfc0c, 0xfc0c, 3, 0); // table.init
define(0xfc0e, 0xfc0e, 3, 0); // table.copy
define(0xfc0f, 0xfc0f, 2, 1); // table.grow
define(0xfc10, 0xfc10, 0, 1); // table.size
define(0xfc11, 0xfc11, 3, 0); // table.fill

/**
 * How many operands an instruction takes off the stack and how many results it puts there, by its opcode: all that are
 * no control, calls, constants, accesses of memory (access-shapes.ts), or of locals and globals.
 */
export const stackEffects: ReadonlyMap<number, readonly [operands: number, results: number]> = effects;
