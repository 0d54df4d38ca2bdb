// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { functionsIn, type Instruction, instructionOf, Pointers } from './assembly.js';
import { Touched } from './touched.js';

const LOAD = /^(?:ldr|ldur|ldar|ldapr|ldapur)(s?[bhw])?$/;
const STORE = /^(?:str|stur|stlr|stlur)([bh])?$/;
const PAIR = /^(ldn?p|stn?p)$/;
/** Go elsewhere. */
const BRANCH = /^(?:b|bl|br|blr|b\.\w+|cbn?z|tbn?z)$/;
/** Write no register. */
const NO_RESULT = /^(?:ret|nop|cmp|cmn|tst|ccmp|ccmn|fcmp|fcmpe|dmb|dsb|isb|bti|paciasp|autiasp|hint)$/;
const ADDRESS = /^\[([a-z]\w*)(?:,\s*#?(-?\d+))?\](!?)$/;
const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, s: 4, w: 4, d: 8, x: 8, q: 16 };

/**
 * What each function does to what its first argument points to, read out of the GNU assembly of AArch64. Only code
 * without branches is followed; an instruction that accesses memory and is not known, or an address that is not the
 * pointer and a constant, is a problem of its function.
 */
export function aarch64Accesses(assembly: string): Map<string, Touched> {
  const functions = new Map<string, Touched>();
  for (const [name, lines] of functionsIn(assembly)) {
    const reader = new FunctionReader();
    for (const line of lines) {
      if (!reader.understands(instructionOf(line))) reader.touched.fail(`the assembly has '${line}'`);
      if (reader.touched.problem !== null) break;
    }
    functions.set(name, reader.touched);
  }
  return functions;
}

class FunctionReader {
  readonly touched = new Touched();
  readonly #pointers = new Pointers('0', ['1', 'sp']);

  understands({ opcode, operands }: Instruction): boolean {
    const where = operands.findIndex((operand) => operand.startsWith('['));
    if (where >= 0) return this.#memory(opcode, operands, where);
    if (BRANCH.test(opcode)) return false;
    if (NO_RESULT.test(opcode)) return true;
    const [result = '', from = '', by = '', ...more] = operands;
    let pointer: number | null | undefined;
    if (opcode === 'mov') pointer = this.#pointers.at(registerOf(from), 0);
    if (/^(add|sub)$/.test(opcode) && more.length === 0 && /^#?-?\d+$/.test(by)) {
      const bytes = Number(by.replace('#', ''));
      pointer = this.#pointers.at(registerOf(from), opcode === 'add' ? bytes : -bytes);
    }
    this.#pointers.set(registerOf(result), pointer);
    return true;
  }

  #memory(opcode: string, operands: readonly string[], where: number): boolean {
    const [, base = '', displacement = '0', writesBack = ''] = ADDRESS.exec(operands[where]!) ?? [];
    const registers = operands.slice(0, where);
    const size = bytesOf(opcode, registers);
    const offset = this.#pointers.at(registerOf(base), Number(displacement));
    if (size === null || offset === undefined) return false;
    const isLoad = opcode.startsWith('ld');
    if (offset !== null) (isLoad ? this.touched.reads : this.touched.writes).push({ offset, size });
    // What stands behind an address is added to its register afterwards.
    const [behind, ...more] = operands.slice(where + 1).map((operand) => Number(operand.replace('#', '')));
    if (more.length > 0 || Number.isNaN(behind)) return false;
    if (writesBack !== '') this.#pointers.set(registerOf(base), offset);
    if (behind !== undefined) this.#pointers.set(registerOf(base), offset === null ? null : offset + behind);
    if (isLoad) for (const register of registers) this.#pointers.set(registerOf(register), undefined);
    return true;
  }
}

/** Bytes that an instruction loads or stores; null where it is not known. */
function bytesOf(opcode: string, registers: readonly string[]): number | null {
  const isPair = PAIR.test(opcode);
  const single = LOAD.exec(opcode) ?? STORE.exec(opcode);
  if (!isPair && single === null) return null;
  if (registers.length !== (isPair ? 2 : 1)) return null;
  const suffix = single?.[1];
  const size = SIZES[suffix?.at(-1) ?? registers[0]!.charAt(0)];
  return size === undefined ? null : isPair ? size * 2 : size;
}

/** One name for both widths of a register: `0` for `x0` and `w0`; those of vectors keep theirs. */
const registerOf = (name: string) => name.replace(/^[xw](?=\d)/, '');
