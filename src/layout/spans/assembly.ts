// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What has a name in GNU assembly, with its instructions: one line each, without comments and directives. */
export function functionsIn(assembly: string): Map<string, string[]> {
  const functions = new Map<string, string[]>();
  let open: string[] | undefined;
  for (const line of assembly.split('\n')) {
    const label = /^([^\s.:][^\s:]*):/.exec(line)?.[1];
    if (label !== undefined) {
      open = [];
      functions.set(label, open);
      continue;
    }
    const text = line.replace(/(?:#\s|\/\/).*/, '').trim();
    if (text !== '' && !text.startsWith('.')) open?.push(text.replace(/\s+/g, ' '));
  }
  return functions;
}

export interface Instruction {
  /** Lower case, a prefix with it: `lock or`. */
  readonly opcode: string;
  /** Lower case. */
  readonly operands: readonly string[];
}

/** Splits at the commas that are in no bracket. */
export function instructionOf(line: string): Instruction {
  const [, opcode = '', rest = ''] =
    /^((?:(?:lock|rep\w*|notrack) )?\S+)\s*(.*)$/.exec(line.toLowerCase()) ?? [];
  const operands = rest === '' ? [] : rest.split(/,(?![^[]*\])/).map((operand) => operand.trim());
  return { opcode, operands };
}

/** What is known of registers: which of them point into the struct, and which to something else. */
export class Pointers {
  /** Bytes from the struct's start; null for what lies elsewhere. */
  readonly #offsets = new Map<string, number | null>();

  /** @param elsewhere registers that point to the value, or to the stack. */
  constructor(struct: string, elsewhere: readonly string[]) {
    for (const register of elsewhere) this.#offsets.set(register, null);
    this.#offsets.set(struct, 0);
  }

  /** Undefined where nothing is known; of a pointer elsewhere null. */
  at(register: string, displacement: number): number | null | undefined {
    const offset = this.#offsets.get(register);
    return offset == null ? offset : offset + displacement;
  }

  set(register: string, offset: number | null | undefined): void {
    if (offset === undefined) this.#offsets.delete(register);
    else this.#offsets.set(register, offset);
  }
}
