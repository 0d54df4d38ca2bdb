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
  ['words', 'a\n'.repeat(200_000)],
  ['parentheses', 'a(\n'.repeat(200_000)],
  ['attributes', `int f() ${'__a '.repeat(200_000)}`],
  ['underscores', `int f() ${'_'.repeat(1_000_000)}`],
  ['comments that do not end', '/*'.repeat(500_000)],
  ['strings that do not end', '\\"'.repeat(500_000)],
])('does not take long for a file of %s', (_, text) => {
  expect(functionsIn(text)).toEqual([]);
});
