// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What a relocation does to the bytes it stands on; S is the symbol's value, A the addend, P the place. */
export type Action =
  /** Nothing: it marks a place for the linker. */
  | { readonly is: 'none' }
  /** S + A, or S + A - P, in `size` bytes. */
  | { readonly is: 'set'; readonly size: number; readonly relative?: true }
  /** What stands there, plus or minus S + A, in `size` bytes. */
  | { readonly is: 'add' | 'subtract'; readonly size: number }
  /** S + A, or what stands there minus it, in the low six bits of a byte. */
  | { readonly is: 'set6' | 'subtract6' }
  /** S + A, or what stands there minus it, in a LEB128 that keeps its length. */
  | { readonly is: 'setUleb' | 'subtractUleb' };

interface MachineFacts {
  /** e_machine. */
  readonly number: number;
  /** What compilers call it. */
  readonly target: (is64: boolean, littleEndian: boolean) => string;
  /** Relocations that occur in debug sections, by type. */
  readonly relocations: ReadonlyMap<number, Action>;
}

/** S + A in four bytes. */
export const WORD: Action = { is: 'set', size: 4 };
const none: Action = { is: 'none' };
const set = (size: number): Action => ({ is: 'set', size });
const relative = (size: number): Action => ({ is: 'set', size, relative: true });
const add = (size: number): Action => ({ is: 'add', size });
const subtract = (size: number): Action => ({ is: 'subtract', size });

/**
 * The machines whose objects are read. Numbers: the psABI supplement of each. The location of a thread-local
 * variable (DTPOFF, DTPREL, TLS_LDO) is an offset that no layout depends on; it is set like any other.
 */
export const Machine = {
  i386: {
    number: 3,
    target: () => 'i386',
    relocations: new Map([
      [0, none],
      [1, WORD], // 32
      [2, relative(4)], // PC32
      [32, WORD], // TLS_LDO_32
    ]),
  },
  mips: {
    number: 8,
    target: (is64, littleEndian) => `mips${is64 ? '64' : ''}${littleEndian ? 'el' : ''}`,
    relocations: new Map([
      [0, none],
      [1, set(2)], // 16
      [2, WORD], // 32
      [18, set(8)], // 64
      [39, WORD], // TLS_DTPREL32
      [41, set(8)], // TLS_DTPREL64
      [248, relative(4)], // PC32
    ]),
  },
  ppc64: {
    number: 21,
    target: (_, littleEndian) => (littleEndian ? 'ppc64le' : 'ppc64'),
    relocations: new Map([
      [0, none],
      [1, WORD], // ADDR32
      [26, relative(4)], // REL32
      [38, set(8)], // ADDR64
      [44, relative(8)], // REL64
      [78, set(8)], // DTPREL64
    ]),
  },
  s390x: {
    number: 22,
    target: (is64) => (is64 ? 's390x' : 's390'),
    relocations: new Map([
      [0, none],
      [1, set(1)], // 8
      [3, set(2)], // 16
      [4, WORD], // 32
      [5, relative(4)], // PC32
      [22, set(8)], // 64
      [23, relative(8)], // PC64
      [52, WORD], // TLS_LDO32
      [53, set(8)], // TLS_LDO64
    ]),
  },
  arm: {
    number: 40,
    target: (_, littleEndian) => (littleEndian ? 'arm' : 'armeb'),
    relocations: new Map([
      [0, none],
      [2, WORD], // ABS32
      [3, relative(4)], // REL32
      [106, WORD], // TLS_LDO32
    ]),
  },
  x86_64: {
    number: 62,
    target: (is64) => (is64 ? 'x86_64' : 'x32'),
    relocations: new Map([
      [0, none],
      [1, set(8)], // 64
      [2, relative(4)], // PC32
      [10, WORD], // 32
      [11, WORD], // 32S
      [12, set(2)], // 16
      [14, set(1)], // 8
      [17, set(8)], // DTPOFF64
      [21, WORD], // DTPOFF32
      [24, relative(8)], // PC64
    ]),
  },
  aarch64: {
    number: 183,
    target: (_, littleEndian) => (littleEndian ? 'aarch64' : 'aarch64_be'),
    relocations: new Map([
      [0, none],
      [256, none],
      [257, set(8)], // ABS64
      [258, WORD], // ABS32
      [259, set(2)], // ABS16
      [260, relative(8)], // PREL64
      [261, relative(4)], // PREL32
    ]),
  },
  riscv: {
    number: 243,
    target: (is64) => (is64 ? 'riscv64' : 'riscv32'),
    relocations: new Map<number, Action>([
      [0, none],
      [1, WORD], // 32
      [2, set(8)], // 64
      [8, WORD], // TLS_DTPREL32
      [9, set(8)], // TLS_DTPREL64
      [33, add(1)],
      [34, add(2)],
      [35, add(4)],
      [36, add(8)],
      [37, subtract(1)],
      [38, subtract(2)],
      [39, subtract(4)],
      [40, subtract(8)],
      [51, none], // RELAX
      [52, { is: 'subtract6' }],
      [53, { is: 'set6' }],
      [54, set(1)],
      [55, set(2)],
      [56, WORD],
      [57, relative(4)], // 32_PCREL
      [60, { is: 'setUleb' }],
      [61, { is: 'subtractUleb' }],
    ]),
  },
  bpf: {
    number: 247,
    target: (_, littleEndian) => (littleEndian ? 'bpfel' : 'bpfeb'),
    relocations: new Map([
      [0, none],
      [2, set(8)], // ABS64
      [3, WORD], // ABS32
      [4, WORD], // NODYLD32
    ]),
  },
} as const satisfies Readonly<Record<string, MachineFacts>>;

/** What relocations of a machine do, by type; null where the machine is not known. */
export function relocationsOf(machine: number): ReadonlyMap<number, Action> | null {
  const facts: MachineFacts | undefined = Object.values(Machine).find(({ number }) => number === machine);
  return facts?.relocations ?? null;
}
