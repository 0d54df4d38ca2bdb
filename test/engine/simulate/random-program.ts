// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { DebugInfo } from '../../../src/layout/debug-info.js';
import { StructView } from '../../../src/machine/struct-view.js';
import { type Instruction, LOCKS, MEMORY_BYTES, type Op, type Program, REGISTERS } from './oracle.js';

/** An instruction, its other fields zero. */
export function instruction(op: Op, fields: Partial<Instruction> = {}): Instruction {
  return { op, at: 0, bytes: 4, reg: 0, value: 0, expected: 0, ...fields };
}

/** Threads over memory that holds these words, zeros where none are given. */
export function program(
  threads: readonly (readonly Instruction[])[],
  memory: readonly number[] = [],
): Program {
  return { threads, memory: Array.from({ length: MEMORY_BYTES / 4 }, (_, i) => memory[i] ?? 0) };
}

/** The program as text, to be read and to be pasted. */
export function asText({ threads, memory }: Program): string {
  const line = ({ op, ...fields }: Instruction) => {
    const given = Object.entries(fields).filter(([name, value]) => value !== (name === 'bytes' ? 4 : 0));
    return `    instruction('${op}', { ${given.map(([name, value]) => `${name}: ${value}`).join(', ')} }),`;
  };
  const bodies = threads.map((code) => `  [\n${code.map(line).join('\n')}\n  ],`);
  return `program([\n${bodies.join('\n')}\n], [${memory.join(', ')}])`;
}

/** Puts programs where `random.c` looks for them. */
export class ProgramWriter {
  readonly #ops: ReadonlyMap<string, number>;
  readonly #view: StructView;

  /** @param module the linked module that the memory belongs to. */
  constructor(module: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory) {
    const info = DebugInfo.fromWasm(module);
    this.#ops = info.enumeration('random_op');
    this.#view = new StructView(
      info.struct('random_program'),
      memory,
      info.variable('random_program').address,
    );
  }

  /** Before `sim_setup` is called. */
  write({ threads, memory }: Program): void {
    for (const [t, code] of threads.entries()) {
      this.#view.set(`length[${t}]`, code.length);
      for (const [i, { op, ...fields }] of code.entries()) {
        this.#view.set(`code[${t}][${i}].op`, this.#ops.get(`RANDOM_${op.toUpperCase()}`)!);
        for (const [name, value] of Object.entries(fields)) this.#view.set(`code[${t}][${i}].${name}`, value);
      }
    }
    for (const [i, word] of memory.entries()) this.#view.set(`memory[${i}]`, word);
  }
}

/** Values that `sim_observe` of `random.c` writes for so many threads. */
export function observedBy(threads: number): number {
  return MEMORY_BYTES / 8 + 1 + threads;
}

/* ---- random ones ---- */

const small = fc.integer({ min: 0, max: 3 });
const reg = fc.nat(REGISTERS - 1);
const lockIndex = fc.nat(LOCKS - 1);
const width = fc.constantFrom(1, 2, 4);
/** A value whose carries are seen: in the bytes above it, or not, where the addition is narrow. */
const operand = fc.constantFrom(1, 2, 0xff, 0x101, 0xffff);

/** Mostly around the first variables, so that they meet; anywhere, and so across variables and granules too. */
const anywhere = width.chain((bytes) =>
  fc
    .oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(4), fc.nat(MEMORY_BYTES - bytes))
    .map((at) => ({ at, bytes })),
);
const aligned = width.chain((bytes) =>
  fc
    .oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(8 / bytes - 1))
    .map((index) => ({ at: index * bytes, bytes })),
);

const access: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 4, arbitrary: plain(['load', 'store']) },
  { weight: 2, arbitrary: atomic(['atomic_load', 'atomic_store', 'add', 'exchange', 'or_dropped']) },
  { weight: 2, arbitrary: atomic(['add_dropped', 'sub_dropped']) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(aligned, reg, small, fc.constantFrom(0, 0, 1))
      .map(([where, r, value, expected]) => instruction('cas', { ...where, reg: r, value, expected })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(9), fc.nat(9)).map(([bytes, at, value]) =>
      // At most 6 bytes from at most 9 on: inside the memory.
      instruction('copy', { at, bytes, value }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(9), small)
      .map(([bytes, at, value]) => instruction('fill', { at, bytes, value })),
  },
);

function plain(ops: readonly Op[]): fc.Arbitrary<Instruction> {
  return fc
    .tuple(fc.constantFrom(...ops), anywhere, reg, small)
    .map(([op, where, r, value]) => instruction(op, { ...where, reg: r, value }));
}

function atomic(ops: readonly Op[]): fc.Arbitrary<Instruction> {
  return fc
    .tuple(fc.constantFrom(...ops), aligned, reg, operand)
    .map(([op, where, r, value]) => instruction(op, { ...where, reg: r, value }));
}

type Pieces = fc.Arbitrary<readonly Instruction[]>;

const one: Pieces = access.map((instruction) => [instruction]);

/** What a thread does only if its register has some value. */
const guarded: Pieces = fc
  .tuple(reg, small, access)
  .map(([r, expected, then]) => [instruction('skip', { reg: r, expected, value: 1 }), then]);

const read: Pieces = fc
  .tuple(lockIndex, access)
  .map(([at, inside]) => [instruction('read_lock', { at }), inside, instruction('read_unlock', { at })]);

const locked: Pieces = fc
  .tuple(lockIndex, access)
  .map(([at, inside]) => [instruction('lock', { at }), inside, instruction('unlock', { at })]);

/** One lock under another, in either order. */
const nested: Pieces = lockIndex.map((at) => [
  instruction('lock', { at }),
  instruction('lock', { at: 1 - at }),
  instruction('unlock', { at: 1 - at }),
  instruction('unlock', { at }),
]);

const tried: Pieces = fc
  .tuple(lockIndex, reg, access, fc.boolean())
  .map(([at, r, inside, asReader]) => [
    instruction(asReader ? 'try_read_lock' : 'try_lock', { at, reg: r }),
    instruction('skip', { reg: r, expected: 0, value: 2 }),
    inside,
    instruction(asReader ? 'read_unlock' : 'unlock', { at }),
  ]);

const piece: Pieces = fc.oneof(
  { weight: 6, arbitrary: one },
  { weight: 1, arbitrary: guarded },
  { weight: 1, arbitrary: read },
  { weight: 2, arbitrary: locked },
  { weight: 3, arbitrary: nested },
  { weight: 2, arbitrary: tried },
);

const thread = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.flat());

const steps = (code: readonly Instruction[]) => code.filter(({ op }) => op !== 'set' && op !== 'skip').length;

/** Orders of threads' steps if none ever waits or is left out. */
export function orders(threads: readonly (readonly Instruction[])[]): number {
  let count = 1;
  let placed = 0;
  for (const code of threads) for (let i = 1; i <= steps(code); i++) count = (count * ++placed) / i;
  return count;
}

/**
 * Many threads with a step or two around one byte and one lock: what an attempt finds depends on one of them, and what
 * it comes to is of interest to another.
 */
const short: Pieces = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(1, 4).map((bytes) => [instruction('add_dropped', { bytes, value: 1 })]),
  },
  { weight: 2, arbitrary: fc.constantFrom(0, 3).map((at) => [instruction('load', { at, bytes: 1 })]) },
  { weight: 1, arbitrary: small.map((value) => [instruction('store', { bytes: 1, value })]) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 4), small, small)
      .map(([bytes, expected, value]) => [instruction('cas', { bytes, expected, value })]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Op>('try_lock', 'try_read_lock', 'lock', 'read_lock')
      .map((op) => [instruction(op, { reg: 1 })]),
  },
);
const crowd = fc.array(
  fc.array(short, { minLength: 1, maxLength: 2 }).map((pieces) => pieces.flat()),
  { minLength: 3, maxLength: 4 },
);

/** A program of two to four threads, of which no more than this many orders can be gone through. */
export function randomProgram(most: number): fc.Arbitrary<Program> {
  return fc
    .tuple(
      fc.oneof(
        { weight: 2, arbitrary: fc.array(thread, { minLength: 2, maxLength: 3 }) },
        { weight: 1, arbitrary: crowd },
      ),
      fc.array(fc.constantFrom(0, 1, 0xff, 0xffff), { maxLength: MEMORY_BYTES / 4 }),
    )
    .filter(([threads]) => orders(threads) <= most)
    .map(([threads, memory]) => program(threads, memory));
}
