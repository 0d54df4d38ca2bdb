// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';

/** An instruction of a function; offsets are from the module's start. */
export interface Instruction {
  readonly offset: number;
  readonly end: number;
  /** Of a prefixed one, the prefix times 256 plus the number behind it: 0xfe1e is i32.atomic.rmw.add. */
  readonly opcode: number;
  /** What its memory argument adds to the address; 0 where it has none. */
  readonly immediate: number;
  /**
   * The index of a local, a global, a table, a label, a data segment, or of the function or, of an indirect call, the type called;
   * a block's type as it is written, or its first byte; a constant integer, signed. 0 where there is none.
   */
  readonly operand: number | bigint;
  /** Of br_table, the default one last. */
  readonly labels: readonly number[];
}

/** What stands behind an opcode. */
type Immediates =
  | 'none'
  | 'block'
  | 'index'
  | 'indices'
  | 'labels'
  | 'types'
  | 'memory-argument'
  | 'memory'
  | 'two-memories'
  | 'segment-memory'
  | 'constant'
  | 'bytes-1'
  | 'bytes-4'
  | 'bytes-8';

const BLOCK = new Set([0x02, 0x03, 0x04]);
const END = 0x0b;
const FIRST_PREFIX = 0xfb;
const SIMD = 0xfd;
/** Value types that stand in front of a type index, of the proposal for typed function references. */
const REF_NULL = 0x63;
const REF = 0x64;
/** The bit of an alignment that says that the index of a memory follows. */
const HAS_MEMORY = 0x40;

const immediatesOf = new Map<number, Immediates>();
function define(first: number, last: number, immediates: Immediates): void {
  for (let opcode = first; opcode <= last; opcode++) immediatesOf.set(opcode, immediates);
}
// WebAssembly core specification 2.0, §5.4 Instructions, without vector instructions.
define(0x00, 0x01, 'none'); // unreachable, nop
define(0x02, 0x04, 'block'); // block, loop, if
define(0x05, 0x05, 'none'); // else
define(END, END, 'none');
define(0x0c, 0x0d, 'index'); // br, br_if
define(0x0e, 0x0e, 'labels'); // br_table
define(0x0f, 0x0f, 'none'); // return
define(0x10, 0x10, 'index'); // call
define(0x11, 0x11, 'indices'); // call_indirect
define(0x1a, 0x1b, 'none'); // drop, select
define(0x1c, 0x1c, 'types'); // select with types
define(0x20, 0x26, 'index'); // locals, globals, tables
define(0x28, 0x3e, 'memory-argument'); // loads, stores
define(0x3f, 0x40, 'memory'); // memory.size, memory.grow
define(0x41, 0x42, 'constant'); // i32.const, i64.const
define(0x43, 0x43, 'bytes-4'); // f32.const
define(0x44, 0x44, 'bytes-8'); // f64.const
define(0x45, 0xc4, 'none'); // comparisons, arithmetic, conversions, sign extension
define(0xd0, 0xd0, 'index'); // ref.null
define(0xd1, 0xd1, 'none'); // ref.is_null
define(0xd2, 0xd2, 'index'); // ref.func
define(0xfc00, 0xfc07, 'none'); // saturating conversions
define(0xfc08, 0xfc08, 'segment-memory'); // memory.init
define(0xfc09, 0xfc09, 'index'); // data.drop
define(0xfc0a, 0xfc0a, 'two-memories'); // memory.copy
define(0xfc0b, 0xfc0b, 'memory'); // memory.fill
define(0xfc0c, 0xfc0c, 'indices'); // table.init
define(0xfc0d, 0xfc0d, 'index'); // elem.drop
define(0xfc0e, 0xfc0e, 'indices'); // table.copy
define(0xfc0f, 0xfc11, 'index'); // table.grow, table.size, table.fill
// The proposal for threads.
define(0xfe00, 0xfe02, 'memory-argument'); // notify, wait
define(0xfe03, 0xfe03, 'bytes-1'); // atomic.fence
define(0xfe10, 0xfe4e, 'memory-argument'); // loads, stores, read-modify-write

/** How a function's locals are declared, without its parameters. */
export interface Locals {
  /** Declarations, each of any number of locals; the number of declarations stands at the body's start. */
  readonly groups: number;
  /** Offset of the first declaration, and of the first instruction. */
  readonly start: number;
  readonly end: number;
  /** Locals declared. */
  readonly count: number;
}

/** Reads the declarations that a function's body starts with. Throws for a local of an unknown type. */
export function readLocals(reader: ByteReader): Locals {
  const groups = reader.uleb();
  const start = reader.position;
  let count = 0;
  for (let group = 0; group < groups; group++) {
    count += reader.uleb();
    const type = reader.u8();
    // Numbers, and references to whatever function or object.
    if (!(type >= 0x7c && type <= 0x7f) && type !== 0x70 && type !== 0x6f)
      throw reader.bad(`a local of the unknown type 0x${type.toString(16)}`, reader.position - 1);
  }
  return { groups, start, end: reader.position, count };
}

/**
 * Calls `visit` for every instruction from the reader's position up to the `end` that closes the function.
 * Throws for whatever it does not decode: a SIMD or an unknown instruction, a second memory, a function that does not end
 * at `end`.
 */
export function forEachInstruction(
  reader: ByteReader,
  end: number,
  visit: (instruction: Instruction) => void,
): void {
  for (let depth = 0; depth >= 0; ) {
    const instruction = readInstruction(reader);
    if (instruction.end > end) throw reader.bad('an instruction that overruns it', instruction.offset);
    if (BLOCK.has(instruction.opcode)) depth++;
    else if (instruction.opcode === END) depth--;
    visit(instruction);
  }
  if (reader.position !== end) throw reader.bad('code behind its end');
}

function readInstruction(reader: ByteReader): Instruction {
  const offset = reader.position;
  const first = reader.u8();
  const second = first < FIRST_PREFIX ? 0 : reader.uleb();
  const opcode = first < FIRST_PREFIX ? first : first * 0x100 + second;
  // A large number behind a prefix must not be taken for one of the next prefix.
  const immediates = second > 0xff ? undefined : immediatesOf.get(opcode);
  if (immediates === undefined) {
    const what = first === SIMD ? 'a SIMD instruction' : 'an unknown instruction';
    const number = first < FIRST_PREFIX ? '' : ` 0x${second.toString(16)}`;
    throw reader.bad(`${what} (0x${first.toString(16)}${number})`, offset);
  }
  if (immediates === 'labels')
    return { offset, opcode, immediate: 0, operand: 0, labels: readLabels(reader), end: reader.position };
  const [immediate, operand] = readImmediates(reader, immediates, offset);
  return { offset, end: reader.position, opcode, immediate, operand, labels: none };
}

const none: readonly number[] = [];

function readLabels(reader: ByteReader): number[] {
  const labels: number[] = [];
  for (let count = reader.uleb(); count >= 0; count--) labels.push(reader.uleb()); // the default label as well
  return labels;
}

/** Returns what is to be added to an address, and an index or a constant. */
function readImmediates(
  reader: ByteReader,
  immediates: Exclude<Immediates, 'labels'>,
  offset: number,
): [immediate: number, operand: number | bigint] {
  const onlyMemory = (index: number) => {
    if (index !== 0) throw reader.bad('an instruction of a second memory', offset);
  };
  switch (immediates) {
    case 'none':
      return [0, 0];
    case 'block':
      return [0, readType(reader)];
    case 'index':
      return [0, reader.uleb()];
    case 'constant':
      return [0, reader.sleb()];
    case 'indices': {
      const first = reader.uleb();
      reader.skipLeb();
      return [0, first];
    }
    case 'types':
      for (let count = reader.uleb(); count > 0; count--) readType(reader);
      return [0, 0];
    case 'memory-argument':
      if ((reader.uleb() & HAS_MEMORY) !== 0) throw reader.bad('an instruction of a second memory', offset);
      return [reader.uleb(), 0];
    case 'memory':
      onlyMemory(reader.uleb());
      return [0, 0];
    case 'two-memories':
      onlyMemory(reader.uleb());
      onlyMemory(reader.uleb());
      return [0, 0];
    case 'segment-memory': {
      const segment = reader.uleb();
      onlyMemory(reader.uleb());
      return [0, segment];
    }
    case 'bytes-1':
      reader.skip(1);
      return [0, 0];
    case 'bytes-4':
      reader.skip(4);
      return [0, 0];
    case 'bytes-8':
      reader.skip(8);
      return [0, 0];
  }
}

/** A value type, or the type of a block; of the index of a function type, the first byte, which is 0x80 or above. */
function readType(reader: ByteReader): number {
  const byte = reader.u8();
  if (byte === REF_NULL || byte === REF) throw reader.bad('a typed function reference');
  if (byte >= 0x80) reader.skipLeb(); // the index of a function type
  return byte;
}
