// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** C of a user's: two flags in one byte, two in bytes of their own, and a count. It stands beside a scenario as `flags.c`. */
export const flagsC = `#include <linux/types.h>

struct { bool a:1, b:1; } packed;
struct { bool a, b; } plain;
u32 count;

void set_packed_a(void) { packed.a = true; }
void set_packed_b(void) { packed.b = true; }
void set_plain_a(void) { plain.a = true; }
void set_plain_b(void) { plain.b = true; }
int count_up(void) { return ++count; }
`;

/** A scenario file over it in which two tasks set a flag each: `packed.a`, `plain.b`; `rest` as source text. */
export function twoFlags(one: string, two: string, rest = ''): string {
  const set = (flag: string) => `[call('set_${flag.replace('.', '_')}')]`;
  return `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'Two flags',
  source: './flags.c',
  actors: { one: ${set(one)}, two: ${set(two)} },
  observe: { a: '${one}', b: '${two}' },
  outcomes: [{ when: { a: 1, b: 1 }, grade: 'acceptable', note: 'both kept' }],
  ${rest}
});
`;
}
