// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Span } from '../../src/hazards/facts.js';
import type { Store } from '../../src/hazards/report.js';
import { accessSpans, gccSpans } from '../../src/layout/access-spans.js';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import { onPath } from '../layout/compile.js';
import { shown } from '../layout/spans.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { type Analysed, analysed } from './analysed.js';

afterAll(closeToolchains);

const structs = `
struct inner { u32 id; u32 i1:1; u32 i2:3; };
struct first { u8 f1:1; u8 f2:1; };
union either { u32 all; u32 low:4; };
typedef struct { u32 t0; u32 t1:1; } typed;
struct dev {
	void *priv;
	u32 a:1;
	u32 b:1;
	u32 c:5;
	int s:4;
	u32 far:20;
	u32 over:7;
	u32 :0;
	u32 apart:1;
	bool flag:1;
	bool own;
	u64 big:40;
	struct inner in;
	struct inner many[3];
	struct { u32 n1:1; u32 n2:1; } named;
	struct { u32 x1:1; u32 x2:1; };
	union { u32 u1:2; u32 whole; };
	union either either;
	struct first front;
	struct first firsts[2][3];
	typed typed;
	struct inner *to;
	u16 last:9;
};
struct packed { u8 lead; u32 p1:1; u32 p2:13; u8 tail:3; } __attribute__((packed));
`;
const prelude = '#include <linux/container_of.h>\n#include <linux/slab.h>\n#include <linux/types.h>\n';

/** Statements, each in a function \`f_NAME(struct dev *d, int v)\` of its own, and what each stores: struct, field, value, its bits. */
const cases: Readonly<Record<string, readonly [statement: string, ...stores: string[]]>> = {
  set: ['d->a = 1;', 'dev.a = 1'],
  clear: ['d->a = 0;', 'dev.a = 0'],
  variable: ['d->a = v;', 'dev.a'],
  of_bool: ['d->flag = v;', 'dev.flag'],
  several_bits: ['d->c = 21;', 'dev.c = 21'],
  several_bits_cleared: ['d->c = 0;', 'dev.c = 0'],
  signed: ['d->s = -1;', 'dev.s = 15'],
  across_bytes: ['d->far = v;', 'dev.far'],
  next_unit: ['d->over = v;', 'dev.over'],
  behind_a_break: ['d->apart = 1;', 'dev.apart = 1'],
  of_16_bits: ['d->last = v;', 'dev.last'],
  or: ['d->c |= 4;', 'dev.c'],
  and: ['d->c &= ~1;', 'dev.c'],
  toggled: ['d->a ^= 1;', 'dev.a'],
  counted: ['d->c++;', 'dev.c'],
  chosen: ['d->a = v ? 1 : 0;', 'dev.a'],
  condition: ['d->a = v > 3 && v != 7;', 'dev.a'],
  copied: ['d->a = d->b;', 'dev.a'],
  chained: ['d->a = d->b = 1;', 'dev.b = 1', 'dev.a = 1'],
  both: ['d->a = 1; d->b = 0;', 'dev.a = 1', 'dev.b = 0'],
  nested: ['d->in.i1 = 1;', 'inner.i1 = 1'],
  behind_pointer: ['d->to->i2 = 2;', 'inner.i2 = 2'],
  element: ['d->many[1].i1 = 1;', 'inner.i1 = 1'],
  any_element: ['d->many[v].i2 = 3;', 'inner.i2 = 3'],
  named: ['d->named.n2 = 1;', 'dev.named.n2 = 1'],
  unnamed: ['d->x2 = 1;', 'dev.x2 = 1'],
  of_union: ['d->u1 = 2;', 'dev.u1 = 2'],
  of_tagged_union: ['d->either.low = 9;', 'either.low = 9'],
  of_typedef: ['d->typed.t1 = 1;', 'typed.t1 = 1'],
  at_the_front: ['struct first *p = &d->front; p->f1 = 1;', 'first.f1 = 1'],
  at_the_front_in: ['d->front.f1 = 1;', 'first.f1 = 1'],
  at_the_front_of_an_element: ['d->firsts[1][v].f1 = 1;', 'first.f1 = 1'],
  at_the_front_of_the_first: ['d->firsts[0][0].f1 = 1;', 'first.f1 = 1'],
  at_the_front_of_one_of_many: ['d->firsts[v][2].f1 = 1;', 'first.f1 = 1'],
  container: [
    'struct first *p = &d->front; struct dev *o = container_of(p, struct dev, front); o->a = 1;',
    'dev.a = 1',
  ],
  of_a_variable: ['one_dev.b = 1;', 'dev.b = 1'],
  of_the_front_of_a_variable: ['one_first.f1 = 1;', 'first.f1 = 1'],
  of_a_static_variable: ['static struct first here; here.f2 = v;', 'first.f2'],
  of_a_table: ['table[2].i1 = 1;', 'inner.i1 = 1'],
  of_the_front_of_a_table: ['firsts[v].f1 = 1;', 'first.f1 = 1'],
  of_the_first_of_a_table: ['firsts[0].f1 = 1;', 'first.f1 = 1'],
  of_a_macro: ['SET(d->b);', 'dev.b = 1'],
  of_packed: ['struct packed *p = d->priv; p->p2 = v;', 'packed.p2'],
  of_packed_tail: ['struct packed *p = d->priv; p->tail = 1;', 'packed.tail = 1'],
  of_volatile: ['((volatile struct dev *)d)->b = 1;', 'dev.b = 1'],
  in_loop: ['for (int i = 0; i < v; i++) d->to[i].i1 = 1;', 'inner.i1 = 1'],
  by_inline: ['set_inline(d);'],

  // What is none.
  whole: ['d->own = true;'],
  of_local: ['struct dev l; l.a = 1; (void)l;'],
  read: ['if (d->a) d->own = d->b;'],
  whole_union: ['d->whole = 7;'],
  // It has its bytes for itself: nothing is read to write it.
  alone_in_its_bytes: ['d->big = v;'],
  never: ['if (0) d->a = 1;'],
};

const functions = Object.entries(cases).map(
  ([name, [statement]]) => `void f_${name}(struct dev *d, int v) { ${statement} }`,
);
const source = `${prelude}${structs}
static struct dev one_dev;
static struct first one_first, firsts[4];
static struct inner table[4];
#define SET(what) ((what) = 1)
static inline void set_inline(struct dev *d) { d->x1 = 1; }
struct typedless { int x; };
static struct { u32 z1:1; } nameless;
void g_nameless(void) { nameless.z1 = 1; }
void g_cast(void *p) { ((struct dev *)((char *)p + 24))->b = 1; }
void g_front_cast(unsigned char *p) { ((struct first *)p)->f1 = 1; }
${functions.join('\n')}
`;

let all: Analysed;
beforeAll(async () => {
  all = await analysed({ 'stores.c': source });
});

const storesOf = (name: string): readonly Store[] => all.report.stores.filter((one) => one.function === name);
const text = ({ field, value }: Store) =>
  `${field.struct}.${field.field}${value === null ? '' : ` = ${value}`}`;

test.each(Object.entries(cases))('%s', (name, [, ...stores]) => {
  const found = storesOf(`f_${name}`);
  expect(found.map(text).sort()).toEqual([...stores].sort());
  const line = source.split('\n').findIndex((one) => one.includes(`void f_${name}(`)) + 1;
  for (const { place } of found) expect(place).toEqual({ file: 'stores.c', line });
});

test('a store of an inline function is that function’s, wherever it is called', () => {
  expect(storesOf('set_inline').map(text)).toEqual(['dev.x1 = 1']);
  expect(all.accesses.filter(({ path }) => path.includes('set_inline')).map(({ path }) => path)).toEqual([
    ['f_by_inline', 'set_inline'],
  ]);
});

test('a field behind a cast of bytes is seen as the cast has it, or said not to be', () => {
  expect(storesOf('g_cast').map(text)).toEqual(['dev.b = 1']);
  const lineOf = (name: string) => source.split('\n').findIndex((one) => one.includes(name)) + 1;
  expect(all.report.unseen.map(({ place, why }) => [place.line, why])).toEqual(
    ['g_nameless(', 'g_front_cast('].map((name) => [
      lineOf(name),
      expect.stringMatching(/cast, or a struct without a tag/),
    ]),
  );
});

test('a unit without bit-fields says nothing', async () => {
  const { report } = await analysed({ 'none.c': 'int f(int *p) { return *p = 1; }\n' });
  expect([report.units, report.stores, report.pairs.hazards, report.unseen]).toEqual([1, [], [], []]);
});

describe('which bytes a store touches is what the layout of a struct says', () => {
  const here = process.arch === 'x64' && process.platform === 'linux' && onPath('gcc');
  const target = targetOf('x86_64');
  const declared = [...structs.matchAll(/^(?:struct|union) (\w+) \{/gm)].map(([, tag]) => tag!);

  test.each(declared.filter((tag) => !['either'].includes(tag)))('%s', async (tag) => {
    const types =
      'typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64; typedef _Bool bool;\n';
    const tree = new Map([['s.h', types + structs]]);
    const struct = (await recordLayouts(await toolchain(), tree, 's.h', target)).struct(tag);
    const wide = await accessSpans(await toolchain(), tree, 's.h', struct, target, 'wide');
    const gcc = here
      ? await gccSpans(tree, 's.h', struct, target)
      : await accessSpans(await toolchain(), tree, 's.h', struct, target, 'fine');
    const fields = new Map(
      all.report.stores.filter(({ field }) => field.struct === tag).map(({ field }) => [field.field, field]),
    );
    expect(fields.size).toBeGreaterThan(0);
    const both = (one: Span | null, other: Span | null) => `${shown(one)} ${shown(other)}`;
    expect(
      Object.fromEntries([...fields].map(([path, field]) => [path, both(field.gcc, field.wide)])),
    ).toEqual(
      Object.fromEntries(
        [...fields].map(([path]) => [path, both(gcc!.get(path)!.write, wide.get(path)!.write)]),
      ),
    );
    for (const [path, { start, width }] of fields) {
      const { span } = wide.get(path)!;
      expect(start).toBeGreaterThanOrEqual(span!.offset * 8);
      expect(start + width).toBeLessThanOrEqual((span!.offset + span!.size) * 8);
    }
  });
});
