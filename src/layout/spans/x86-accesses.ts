// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { functionsIn, type Instruction, instructionOf, Pointers } from './assembly.js';
import { Touched } from './touched.js';

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** Write their first operand and read the others. */
const MOVES = words(`
  mov movabs movzx movsx movsxd movss movsd movaps movups movapd movupd movdqa movdqu movq movd
  movlps movhps movlpd movhpd fst fstp fist fistp fisttp
  seta setae setb setbe setc sete setg setge setl setle setna setnb setnc setne setno setns setnz seto sets setz
`);
/** Read and write their first operand and read the others. */
const CHANGES = words(`
  and or xor add sub adc sbb neg not inc dec shl sal shr sar rol ror shld shrd btr bts btc imul
  cmova cmovae cmovb cmovbe cmovc cmove cmovg cmovge cmovl cmovle cmovne cmovnc cmovns cmovs
  pxor por pand pandn xorps xorpd orps andps unpcklps unpcklpd unpckhpd shufps shufpd pshufd punpckldq punpcklqdq
  punpckhqdq psrldq pslldq psrlq psllq cvtss2sd cvtsd2ss
`);
/** Read all operands. */
const READS = words('cmp test bt comiss comisd ucomiss ucomisd fld fild push');
/** Touch neither memory nor a register that may hold an address, except for {@link IMPLICIT}. */
const HARMLESS = words('ret nop endbr64 endbr32 mfence fxch fabs fchs cwde cdqe cdq cqo cltq cwtl cltd cqto');
/** What instructions without operands write. */
const IMPLICIT: Readonly<Record<string, string>> = {
  cwde: 'a',
  cdqe: 'a',
  cdq: 'd',
  cqo: 'd',
  cltq: 'a',
  cwtl: 'a',
  cltd: 'd',
  cqto: 'd',
};
/** With a number of a bit in a register, they go beyond their operand. */
const BIT_TESTS = words('bt btr bts btc');

const SIZES: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  qword: 8,
  tbyte: 10,
  xmmword: 16,
};
const MEMORY = /^(?:(\w+) ptr )?(?:([-+]?\d+))?\[([a-z]\w*)\s*(?:([-+])\s*(\d+))?\]$/;
const IS_MEMORY = /\[|\bptr\b/;
/** A constant of the compiler's own. */
const OF_UNIT = /\.lc\w+/;

/** The registers that the first two arguments are in; of i386, with `-mregparm=3`. */
const ARGUMENTS = { x86_64: ['di', 'si'], i386: ['a', 'd'] } as const;

/**
 * What each function does to what its first argument points to, read out of assembly in Intel's syntax, which names
 * the size of each operand in memory. Only code without branches is followed; an instruction that is not known, or an
 * address that is not the pointer and a constant, is a problem of its function.
 */
export function x86Accesses(assembly: string, machine: 'x86_64' | 'i386'): Map<string, Touched> {
  const functions = new Map<string, Touched>();
  for (const [name, lines] of functionsIn(assembly)) {
    const reader = new FunctionReader(machine);
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
  readonly #pointers: Pointers;
  /** What the names of registers that hold an address begin with. */
  readonly #wide: string;

  constructor(machine: 'x86_64' | 'i386') {
    this.#wide = machine === 'x86_64' ? 'r' : 'e';
    const [struct, value] = ARGUMENTS[machine];
    this.#pointers = new Pointers(struct, [value, 'sp', 'ip']);
  }

  understands({ opcode: whole, operands }: Instruction): boolean {
    const opcode = whole.replace(/^lock /, '');
    const [first = '', ...others] = operands;
    if (BIT_TESTS.has(opcode) && IS_MEMORY.test(first) && !/^-?\d+$/.test(others[0] ?? '')) return false;
    if (MOVES.has(opcode)) return this.#reads(others) && this.#writes(first, this.#moved(opcode, others));
    if (CHANGES.has(opcode)) {
      // A pointer to the stack stays one when room is made there.
      const stays = isStack(first) ? null : undefined;
      return this.#reads(others) && this.#reads([first]) && this.#writes(first, stays);
    }
    if (READS.has(opcode)) return this.#reads(operands);
    if (opcode === 'xchg') return this.#reads(operands) && operands.every((one) => this.#writes(one));
    if (opcode === 'pop') return this.#writes(first);
    if (opcode === 'lea') return this.#writes(first, this.#addressOf(others[0] ?? '')?.offset);
    if (!HARMLESS.has(opcode)) return false;
    const written = IMPLICIT[opcode];
    if (written !== undefined) this.#pointers.set(written, undefined);
    return true;
  }

  #moved(opcode: string, [from = '']: readonly string[]): number | null | undefined {
    const isWhole = from.startsWith(this.#wide);
    return opcode === 'mov' && isWhole && !IS_MEMORY.test(from)
      ? this.#pointers.at(registerOf(from), 0)
      : undefined;
  }

  #reads(operands: readonly string[]): boolean {
    return operands.every((operand) => !IS_MEMORY.test(operand) || this.#access(this.touched.reads, operand));
  }

  /** `pointer`: where the register points to from now on, undefined if that is not known. */
  #writes(operand: string, pointer?: number | null): boolean {
    if (IS_MEMORY.test(operand)) return this.#access(this.touched.writes, operand);
    this.#pointers.set(registerOf(operand), pointer);
    return true;
  }

  #access(list: { offset: number; size: number }[], operand: string): boolean {
    if (OF_UNIT.test(operand)) return true;
    const address = this.#addressOf(operand);
    if (address?.offset === undefined) return false;
    if (address.offset === null) return true;
    if (address.size === null) return false;
    list.push({ offset: address.offset, size: address.size });
    return true;
  }

  #addressOf(operand: string): { offset: number | null | undefined; size: number | null } | null {
    const [, width = '', front = '0', base = '', sign = '+', behind = '0'] = MEMORY.exec(operand) ?? [];
    if (base === '') return null;
    const displacement = Number(front) + Number(`${sign}${behind}`);
    return { offset: this.#pointers.at(registerOf(base), displacement), size: SIZES[width] ?? null };
  }
}

const isStack = (operand: string) => registerOf(operand) === 'sp';

/** One name for all widths of a register: `di` for `rdi`, `edi` and `dil`, `a` for `rax`, `eax`, `ax`, `al` and `ah`. */
function registerOf(name: string): string {
  const [, numbered, letter, pointer] =
    /^(?:(r\d+)[bwd]?|[re]?([abcd])[xlh]|[re]?(si|di|sp|bp|ip)l?)$/.exec(name) ?? [];
  return numbered ?? letter ?? pointer ?? name;
}
