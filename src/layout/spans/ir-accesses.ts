// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { LayoutTarget } from '../types.js';
import { Touched } from './touched.js';

/** The name of a function, and its parameters. */
const DEFINE = /^define [^@]*@(\w+)\((.*)\)/;
/** An instruction: its result, its opcode, and what follows. */
const INSTRUCTION = /^ {2}(?:(%\S+) = )?(?:(?:tail|musttail|notail) )?(\w+)(.*)$/;
const NAME = /%(?:[-\w.$]+|"[^"]*")/g;
const BYTES_ON = /^(?: (?:inbounds|nusw|nuw))* i8, ptr (%\S+), i\d+ (-?\d+)$/;
const LOAD = /^(?: atomic)?(?: volatile)? ([^,]+), ptr (%[^\s,]+)(?:,| |$)/;
const STORE = /^(?: atomic)?(?: volatile)? (<[^>]*>|\w+) \S.*?, ptr (%[^\s,]+)(?:,| |$)/;
const CALL = /^ [^@]*@([\w.]+)\((.*)\)/;
const SCALAR_BITS: Readonly<Record<string, number>> = {
  half: 16,
  bfloat: 16,
  float: 32,
  double: 64,
  x86_fp80: 80,
  fp128: 128,
  ppc_fp128: 128,
};

/**
 * What each function of a module in LLVM's textual IR does to what its first argument points to (LLVM Language
 * Reference, "Memory Access and Addressing Operations"). Addresses must be that pointer and a constant, as the
 * optimiser leaves them; an instruction that uses it in any other way is a problem of its function.
 */
export function irAccesses(module: string, target: LayoutTarget): Map<string, Touched> {
  const functions = new Map<string, Touched>();
  let open: FunctionReader | null = null;
  for (const line of module.split('\n')) {
    const [, name, parameters = ''] = open === null ? (DEFINE.exec(line) ?? []) : [];
    if (name !== undefined) {
      open = new FunctionReader(target, parameters.match(NAME)?.[0] ?? '');
      functions.set(name, open.touched);
    } else if (line === '}') open = null;
    else open?.read(line);
  }
  return functions;
}

class FunctionReader {
  readonly touched = new Touched();
  readonly #target: LayoutTarget;
  /** Bytes from the struct's start, of each value that points into it. */
  readonly #offsets: Map<string, number>;

  constructor(target: LayoutTarget, struct: string) {
    this.#target = target;
    this.#offsets = new Map([[struct, 0]]);
  }

  read(line: string): void {
    const used = line.match(NAME)?.filter((name) => this.#offsets.has(name)) ?? [];
    if (used.length === 0) return;
    const [, result = '', opcode = '', rest = ''] = INSTRUCTION.exec(line) ?? [];
    if (used.length > 1 || !this.#understands(result, opcode, rest))
      this.touched.fail(`the compiler's intermediate code has '${line.trim()}'`);
  }

  #understands(result: string, opcode: string, rest: string): boolean {
    switch (opcode) {
      case 'getelementptr': {
        const [, from = '', bytes] = BYTES_ON.exec(rest) ?? [];
        const base = this.#offsets.get(from);
        if (base === undefined) return false;
        this.#offsets.set(result, base + Number(bytes));
        return true;
      }
      case 'load': {
        const [, type = '', at = ''] = LOAD.exec(rest) ?? [];
        return this.#access(this.touched.reads, at, this.#sizeOf(type));
      }
      case 'store': {
        const [, type = '', at = ''] = STORE.exec(rest) ?? [];
        return this.#access(this.touched.writes, at, this.#sizeOf(type));
      }
      case 'call':
        return this.#call(rest);
      default:
        return false;
    }
  }

  #access(list: { offset: number; size: number }[], at: string, size: number | null): boolean {
    const offset = this.#offsets.get(at);
    if (offset === undefined || size === null || !Number.isInteger(size)) return false;
    list.push({ offset, size });
    return true;
  }

  /** Copies of memory, and what atomic accesses become where the machine has no instruction for them. */
  #call(rest: string): boolean {
    const [, name = '', list = ''] = CALL.exec(rest) ?? [];
    // An attribute may have arguments of its own: `align 8 dereferenceable(16)`.
    const operands = list.split(', ').map((operand) => operand.split(' ').at(-1)!);
    const { reads, writes } = this.touched;
    const atomic = /^__atomic_(load|store)(?:_(\d+))?$/.exec(name);
    if (atomic !== null) {
      const [, kind, size] = atomic;
      const at = size === undefined ? operands[1] : operands[0];
      return this.#access(kind === 'load' ? reads : writes, at!, Number(size ?? operands[0]));
    }
    const block = /^llvm\.(memcpy|memmove|memset)\.(?:inline\.)?p0/.exec(name);
    const size = Number(operands[2]);
    if (block === null) return false;
    if (this.#access(writes, operands[0]!, size)) return true;
    return block[1] !== 'memset' && this.#access(reads, operands[1]!, size);
  }

  /** Bytes that a value takes in memory. */
  #sizeOf(type: string): number | null {
    const [, count = '1', element = type] = /^<(\d+) x ([^>]+)>$/.exec(type) ?? [];
    const bits =
      element === 'ptr' ? this.#target.pointerSize * 8 : (SCALAR_BITS[element] ?? integerBits(element));
    return bits === null ? null : Math.ceil((Number(count) * bits) / 8);
  }
}

function integerBits(type: string): number | null {
  const [, bits] = /^i(\d+)$/.exec(type) ?? [];
  return bits === undefined ? null : Number(bits);
}
