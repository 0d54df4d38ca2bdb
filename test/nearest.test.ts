// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { offer } from '../src/nearest.js';

test.each<[string, string[], string]>([
  ['kmaloc', ['kmalloc', 'request_irq'], "did you mean 'kmalloc'?"],
  ['vmap', ['kmalloc', 'request_irq'], 'known: kmalloc, request_irq'],
  ['vmap', [], 'nothing can fail'],
])('%s of %j', (wanted, known, hint) => {
  expect(offer(wanted, known, 'nothing can fail')).toBe(hint);
});

test('nothing at all is said to be nothing', () => {
  expect(offer('vmap', [])).toBe('there is none');
});
