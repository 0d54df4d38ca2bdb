// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { mutex } from './lock-steps.js';
import { access, type Pieces, reg, step, word } from './mixed-program.js';
import { type Instruction, MEMORY_BYTES, type Op, type Program } from './oracle.js';
import { instruction, orders, program } from './random-program.js';

/**
 * Random programs that wait by looking again. A loop goes round only while that changes nothing, so that there are
 * finitely many states: what goes round for ever is always in the same one.
 */

/** The same steps again, so many, while the register is that. */
const again = (r: number, expected: number, steps: number) =>
  instruction('skip', { reg: r, expected, value: -steps - 1 });

const other = (at: number) => (at + 4) % MEMORY_BYTES;
const value = fc.constantFrom(0, 0, 1);

/** Looks, until something else is there. */
const looking: Pieces = fc
  .tuple(fc.constantFrom<Op>('load', 'atomic_load'), word, fc.constantFrom(1, 4), reg, value)
  .map(([op, at, bytes, r, expected]) => [instruction(op, { at, bytes, reg: r }), again(r, expected, 1)]);

/** Looks at two words in turn, until something else is in the second. */
const lookingAtTwo: Pieces = fc
  .tuple(word, value)
  .map(([at, expected]) => [
    instruction('load', { at: other(at) }),
    instruction('load', { at, reg: 1 }),
    again(1, expected, 2),
  ]);

type Taking = (at: number, r: number) => readonly Instruction[];

const takings: readonly Taking[] = [
  (at, r) => [instruction('exchange', { at, value: 1, reg: r }), again(r, 1, 1)],
  (at, r) => [instruction('cas', { at, expected: 0, value: 1, reg: r }), again(r, 1, 1)],
  (at, r) => [
    instruction('atomic_load', { at, reg: r }),
    again(r, 1, 1),
    instruction('cas', { at, expected: 0, value: 1, reg: r }),
    again(r, 1, 3),
  ],
  (at, r) => [mutex.tryTo(at, r), again(r, 0, 1)],
];

/** A lock made by hand, around something; given back, or not. */
const held: Pieces = fc
  .tuple(fc.constantFrom(...takings), word, reg, access, fc.boolean())
  .map(([take, at, r, inside, givesBack]) => [
    ...take(at, r),
    inside,
    ...(givesBack ? [instruction('set', { reg: r }), instruction('atomic_store', { at, reg: r })] : []),
  ]);

/** Lets on those who look. */
const writing: Pieces = fc
  .tuple(fc.constantFrom<Op>('store', 'atomic_store', 'exchange'), word, fc.constantFrom(0, 1, 1), reg)
  .map(([op, at, written, r]) => [instruction(op, { at, value: written, reg: r })]);

const piece: Pieces = fc.oneof(
  { weight: 3, arbitrary: looking },
  { weight: 1, arbitrary: lookingAtTwo },
  { weight: 3, arbitrary: held },
  { weight: 4, arbitrary: writing },
  { weight: 2, arbitrary: access.map((one) => [one]) },
  { weight: 1, arbitrary: step },
);

const threads = fc.constantFrom(2, 2, 3).chain((count) =>
  fc.array(
    fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.flat()),
    { minLength: count, maxLength: count },
  ),
);

/** Does a thread go back? */
const goesBack = ({ op, value: steps }: Instruction) => op === 'skip' && steps < 0;

/** A program of which so many orders can be gone through if each thread looks once. */
export function spinProgram(most: number): fc.Arbitrary<Program> {
  return fc
    .tuple(threads, fc.array(value, { maxLength: MEMORY_BYTES / 4 }))
    .filter(([code]) => orders(code) <= most && code.flat().some(goesBack))
    .map(([code, memory]) => program(code, memory));
}
