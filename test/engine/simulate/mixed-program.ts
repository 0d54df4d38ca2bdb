// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { completion, type LockSteps, mutex, NONE, reader, writer } from './lock-steps.js';
import { type Instruction, MEMORY_BYTES, type Op, type Program, REGISTERS } from './oracle.js';
import { instruction, orders, program } from './random-program.js';

/**
 * Random programs in which any word is a lock, and data too: what is waited for is written by every kind of access, in
 * part and along with its neighbours.
 */

export const reg = fc.nat(REGISTERS - 1);

/** The words, mostly the same, so that steps meet. */
export const word = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constantFrom(4, 8, 12));

/** What lets in those who wait, and what keeps them out, as each kind of lock sees it. */
const state = fc.constantFrom(0, 0, 1, 2, 3, 0x8000, 0x8001, 0x7fff, 0xffff, 0xffffffff);
/** Of its bytes those that are looked at. */
const stateByte = fc.constantFrom(0, 1, 0x40, 0x80, 0xc0, 0xff);
const change = fc.constantFrom(1, 1, 2, 0x8000, 0xffff, 0xffffffff);

interface Place {
  readonly at: number;
  readonly bytes: number;
}

const wholeWord = word.map((at): Place => ({ at, bytes: 4 }));
/** Parts of words, two at once, and those that lie across. */
const anywhere = fc
  .constantFrom(1, 2, 4, 8)
  .chain((bytes) =>
    fc
      .oneof({ weight: 2, arbitrary: fc.nat(3) }, fc.nat(MEMORY_BYTES - bytes))
      .map((at): Place => ({ at, bytes })),
  );
const place = fc.oneof(wholeWord, anywhere);
const atomicPlace = fc.oneof(
  wholeWord,
  fc
    .constantFrom(1, 2, 4, 8)
    .chain((bytes) =>
      fc
        .oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(MEMORY_BYTES / bytes - 1))
        .map((index): Place => ({ at: index * bytes, bytes })),
    ),
);

/** A value that fits where it goes. */
const valueAt = ({ bytes }: Place) => (bytes === 1 ? stateByte : state);

const plain = place.chain((where) =>
  fc
    .tuple(fc.constantFrom<Op>('load', 'store', 'store'), reg, valueAt(where))
    .map(([op, r, value]) => instruction(op, { ...where, reg: r, value })),
);
const atomic = atomicPlace.chain((where) =>
  fc
    .tuple(fc.constantFrom<Op>('atomic_load', 'atomic_store', 'exchange', 'or_dropped'), reg, valueAt(where))
    .map(([op, r, value]) => instruction(op, { ...where, reg: r, value })),
);
const addition = fc
  .tuple(fc.constantFrom<Op>('add', 'add_dropped', 'sub_dropped'), atomicPlace, reg, change)
  .map(([op, where, r, value]) => instruction(op, { ...where, reg: r, value }));
const cas = atomicPlace.chain((where) =>
  fc
    .tuple(reg, valueAt(where), valueAt(where))
    .map(([r, expected, value]) => instruction('cas', { ...where, reg: r, expected, value })),
);
/** As of a struct: a word, a few bytes of one, or two with what lies between them. */
const extent = fc.constantFrom(1, 3, 4, 4, 8);
const copy = extent.chain((bytes) =>
  fc
    .tuple(fc.nat(MEMORY_BYTES - bytes), fc.nat(MEMORY_BYTES - bytes))
    .map(([at, value]) => instruction('copy', { at, bytes, value })),
);
const fill = extent.chain((bytes) =>
  fc
    .tuple(fc.oneof(fc.constant(0), fc.nat(MEMORY_BYTES - bytes)), stateByte)
    .map(([at, value]) => instruction('fill', { at, bytes, value })),
);
/** Initialised anew, whoever uses it. */
const anew = fc
  .tuple(word, fc.constantFrom(NONE, 1))
  .map(([at, value]) => instruction('atomic_store', { at, value, reg: 1 }));

/** Anything that is no lock's step. */
export const access = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 2, arbitrary: atomic },
  { weight: 2, arbitrary: addition },
  { weight: 2, arbitrary: cas },
  { weight: 1, arbitrary: copy },
  { weight: 1, arbitrary: fill },
  { weight: 1, arbitrary: anew },
);

const kind = fc.constantFrom<LockSteps>(mutex, writer, reader, completion);

/** One alone: a lock is left held, or given back by those who do not have it. */
export const step = fc
  .tuple(kind, word, fc.constantFrom<keyof LockSteps>('take', 'tryTo', 'give', 'give'), reg)
  .map(([lock, at, name, r]) => [name === 'tryTo' ? lock.tryTo(at, r) : lock[name](at)]);

export type Pieces = fc.Arbitrary<readonly Instruction[]>;

const one: Pieces = access.map((instruction) => [instruction]);
const guarded: Pieces = fc
  .tuple(reg, fc.constantFrom(0, 1), fc.oneof(one, step))
  .map(([r, expected, then]) => [instruction('skip', { reg: r, expected, value: then.length }), ...then]);
const held: Pieces = fc
  .tuple(kind, word, access)
  .map(([lock, at, inside]) => [lock.take(at), inside, lock.give(at)]);
const heldEmpty: Pieces = fc.tuple(kind, word).map(([lock, at]) => [lock.take(at), lock.give(at)]);
const tried: Pieces = fc
  .tuple(kind, word, reg, access)
  .map(([lock, at, r, inside]) => [
    lock.tryTo(at, r),
    instruction('skip', { reg: r, expected: 0, value: 2 }),
    inside,
    lock.give(at),
  ]);

const piece: Pieces = fc.oneof(
  { weight: 6, arbitrary: one },
  { weight: 4, arbitrary: step },
  { weight: 2, arbitrary: held },
  { weight: 2, arbitrary: heldEmpty },
  { weight: 3, arbitrary: tried },
  { weight: 1, arbitrary: guarded },
);

/** The more threads, the shorter. */
const threads = fc.constantFrom(2, 2, 3, 3, 4).chain((count) =>
  fc.array(
    fc
      .array(piece, { minLength: 1, maxLength: count === 2 ? 4 : count === 3 ? 3 : 2 })
      .map((pieces) => pieces.flat()),
    { minLength: count, maxLength: count },
  ),
);

/** A program of two to four threads, of which no more than this many orders can be gone through. */
export function mixedProgram(most: number): fc.Arbitrary<Program> {
  return fc
    .tuple(threads, fc.array(fc.oneof(fc.constant(0), state), { maxLength: MEMORY_BYTES / 4 }))
    .filter(([code]) => orders(code) <= most)
    .map(([code, memory]) => program(code, memory));
}

const lockOps: readonly Op[] = ['acquire', 'try_acquire', 'release'];

/** Is a word that is a lock accessed as data too? */
export function mixes({ threads: code }: Program): boolean {
  const all = code.flat();
  const locks = all.filter(({ op }) => lockOps.includes(op));
  const data = all.filter(({ op }) => !lockOps.includes(op) && op !== 'skip' && op !== 'set');
  return locks.some((lock) => data.some(({ at, bytes }) => at < lock.at + 4 && lock.at < at + bytes));
}
