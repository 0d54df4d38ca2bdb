// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** How much a made-up C file holds besides its one large struct. */
export interface BigSource {
  /** Bit-fields among them. */
  readonly members: number;
  /** Structs that point to each other. */
  readonly types: number;
  /** Each with parameters, locals and a block, as most debug information is of. */
  readonly functions: number;
  /** Bytes of one variable. */
  readonly data: number;
}

const MEMBERS = ['int', 'char', 'long', 'short', 'void *', 'unsigned char'] as const;

/**
 * A C file with `struct big`, all of whose names are static, so that its object can be linked many times over.
 * The members of `struct big` are `m0`, `m1`, …; every tenth is a bit-field of 1 to 31 bits.
 */
export function bigSource({ members, types, functions, data }: BigSource): string {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const kept = 'static __attribute__((used))';
  return [
    `struct big {\n${numbers(members).map(bigMember).join('\n')}\n};`,
    `${kept} struct big the_big;`,
    data > 0 ? `${kept} char blob[${data}] = { 1 };` : '',
    ...numbers(types).map(
      (i) =>
        `struct shape_${i} { int alpha_${i}; long beta_${i}; struct shape_${Math.max(i - 1, 0)} *gamma_${i};` +
        ` unsigned flag_${i} : 3; char name_${i}[${(i % 30) + 1}]; };`,
    ),
    ...numbers(functions).map((i) => {
      const shape = i % types;
      return (
        `${kept} int function_${i}(struct shape_${shape} *one_${i}, int two_${i}, long three_${i}) {` +
        ` int local_${i} = two_${i} * 3; long other_${i} = three_${i};` +
        ` { char deep_${i} = other_${i}; local_${i} += deep_${i}; }` +
        ` return local_${i} + one_${i}->alpha_${shape} + (int)other_${i}; }`
      );
    }),
    '',
  ].join('\n');
}

function bigMember(i: number): string {
  if (i % 10 === 9) return `unsigned m${i} : ${1 + (i % 31)};`;
  return `${MEMBERS[i % MEMBERS.length]} m${i};`;
}
