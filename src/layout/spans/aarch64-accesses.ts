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
    // What stands behind an address is added to its register afterwards.
    const isChanging = writesBack !== '' || operands.length > where + 1;
    const offset = this.#pointers.at(registerOf(base), Number(displacement));
    const [first = ''] = operands;
    const load = LOAD.exec(opcode);
    const store = STORE.exec(opcode);
    const pair = PAIR.exec(opcode);
    const registers = operands.slice(0, where);
    if (offset === undefined || (offset !== null && isChanging)) return false;
    if (registers.length !== (pair === null ? 1 : 2)) return false;
    let size = SIZES[first.charAt(0)];
    if (load?.[1] !== undefined) size = SIZES[load[1].at(-1)!];
    else if (store?.[1] !== undefined) size = SIZES[store[1]];
    if (size === undefined) return false;
    const isLoad = load !== null || opcode.startsWith('ld');
    if (load === null && store === null && pair === null) return false;
    if (offset !== null) {
      const list = isLoad ? this.touched.reads : this.touched.writes;
      list.push({ offset, size: pair === null ? size : size * 2 });
    }
    if (isLoad) for (const register of registers) this.#pointers.set(registerOf(register), undefined);
    return true;
  }
}

/** One name for both widths of a register: `0` for `x0` and `w0`; those of vectors keep theirs. */
const registerOf = (name: string) => name.replace(/^[xw](?=\d)/, '');
