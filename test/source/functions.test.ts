// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, it } from 'vitest';
import { functionsIn } from '../../src/source/functions.js';

it('finds what a file defines, and nothing that it calls or declares', () => {
  const text = `
/* int commented(void) { } */
static inline struct port *find(int n) { return n ? &ports[n] : NULL; }
static int first(void) { return 1; } static int second(void) { return 2; }
static u32 before; void behind(void) { before++; }
unsigned long
split_over_lines(struct port *port,
		 bool on)
{
	if (on) {
		list_for_each_entry(one, &port->list, node) {
			sprintf(one, "void quoted(void) { }");
		}
	} else if (!on) {
	}
	return declared(port);
}
int declared(struct port *port);
static char quote(void) { return '"'; } static char escaped(void) { return '\\''; }
static irqreturn_t marked(int irq, void *data) __must_hold(&lock)
{
}
`;
  expect(functionsIn(text)).toEqual([
    'find',
    'first',
    'second',
    'behind',
    'split_over_lines',
    'quote',
    'escaped',
    'marked',
  ]);
});

it.each([
  ['int f(void) { }', ['f']],
  ['\ufeffint f(void) { }', ['f']],
  ['\ufeff#define X\nint f(void) { }', ['f']],
  ['static struct S { int x; } f(void) { }', ['f']],
  ['static struct { int x; } *f(void) { return 0; } int g(void) { }', ['f', 'g']],
  ['static enum { A, B } f(void) { }', ['f']],
  ['static enum E f(void) { }', ['f']],
  ['struct S f (int a) { }', ['f']],
  ['struct S\n{ int x; };\nint\nf\n(void)\n{\n}', ['f']],
  ['struct __packed __aligned(8) S { int x; } s; int f(void) { }', ['f']],
  ['struct __attribute__((packed)) S { int x; }; int f(void) { }', ['f']],
  ['struct __kernel_timespec f(void) { } int g(void) { }', ['f', 'g']],
  ['static int (*f(void))(int) { }', ['f']],
  ['void (*f(int (*g)(void), int x))(int (*)(void)) { }', ['f']],
  ['static int (f)(int a) { }', ['f']],
  ['static noinline int f(int a) { }', ['f']],
  ['static int __init f(void) { }', ['f']],
  ['static void f(void) __releases(&lock) __acquires(&lock) { }', ['f']],
  ['static __printf(1, 2) int __f(const char *a, ...) { }', ['__f']],
  ['static __printf(1, 2) irqreturn_t f(const char *a, ...) { }', ['f']],
  ['__attribute__((noinline)) static int f(void) { }', ['f']],
  ['static int f(void) __attribute__((cold)) { }', ['f']],
  ['typeof(int) f(void) { }', ['f']],
  ['DEFINE_THING(x)\nstatic int f(void) { }', ['f']],
  ['DEFINE(x)\nDEFINE(y)\nDEFINE(z)\nstatic u32 f(void) { }', ['f']],
  ['static const struct ops ops = { .open = open, .size = sizeof(int) }; int f(void) { }', ['f']],
  ['static int x[] = { 1 }, y = f(1); int g(void) { }', ['g']],
  ['int y = sizeof(struct { int x; }); int f(void) { }', ['f']],
  ['int f(struct { int x; } *a) { } int g(void) { }', ['f', 'g']],
  ['#define f(x) int g(void) { \\\n }\nint h(void) { }', ['h']],
  [
    "#if 0\nint f(void) { don't\n#if 1\n{\n#endif\n#else\nint g(void) { }\n#endif\nint h(void) { }",
    ['g', 'h'],
  ],
  ['#ifdef A\nint f(int a) {\n#else\nint f(void) {\n#endif\n} int g(void) { }', ['f', 'f', 'g']],
  ['int f(void) {\n#ifdef A\nif (a) {\n#elif B\nif (b) {\n#endif\n} } int g(void) { }', ['f', 'g']],
  ['LAB_OP(fill, bool full) { } int f(void) { }', ['f']],
  ['LAB_INIT { } SYSCALL_DEFINE1(x, int, y) { } int f(void) { }', ['f']],
  ['int f(void); int (*g)(void); int h(void) { return f(); }', ['h']],
  ['extern int f(void), g(int); struct { void (*run)(void); } s; int h(void) { }', ['h']],
  ['static char a[] = "int f(void) { \\\n int g(void) { "; int h(void) { }', ['h']],
  ['unsigned long long f(unsigned long x) { } const char *g(void) { }', ['f', 'g']],
  ['int f(a, b) { }', ['f']],
])('%j', (text, names) => {
  expect(functionsIn(text)).toEqual(names);
  // However it is spaced, and with comments everywhere.
  if (!/[#"]/.test(text))
    expect(functionsIn(text.replace(/\b|(?<=[(){};*])/g, '\r\n/* int no(void) { */'))).toEqual(names);
});

it.each([
  ['words', 'a\n'.repeat(200_000)],
  ['parentheses', 'a(\n'.repeat(200_000)],
  ['attributes', `int f() ${'__a '.repeat(200_000)}`],
  ['underscores', `int f() ${'_'.repeat(1_000_000)}`],
  ['structs', 'struct {} '.repeat(60_000)],
  ['braces', 'struct a {'.repeat(100_000)],
  ['branches', '#if 0\n#else\n{'.repeat(100_000)],
  ['comments that do not end', '/*'.repeat(500_000)],
  ['strings that do not end', '\\"'.repeat(500_000)],
])('does not take long for a file of %s', (_, text) => {
  expect(functionsIn(text)).toEqual([]);
});
