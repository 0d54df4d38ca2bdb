// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { missingText } from '../../src/engine/missing-function.js';

const frame = (name: string, file: string | null = null, line: number | null = null) => ({
  function: name,
  file,
  line,
});

describe('a function that nobody has written', () => {
  const standIn = [
    frame('stub_missing', 'lostbit/kernel/missing.c', 11),
    frame('missing_12', 'lostbit/generated/missing.c', 3),
  ];

  test('is named with who calls it: not what stands in its place', () => {
    const stack = [...standIn, frame('ring_start', 'drivers/ring/core.c', 40), frame('ring_probe')];
    expect(missingText({ object: 'ring_alloc', stack })).toBe(
      'the stub kernel has no ring_alloc(), which ring_start (drivers/ring/core.c:40) calls',
    );
  });

  test('is named alone where nobody is seen to call it', () => {
    expect(missingText({ object: 'ring_alloc', stack: [] })).toBe('the stub kernel has no ring_alloc()');
    expect(missingText({ object: 'ring_alloc', stack: standIn })).toBe('the stub kernel has no ring_alloc()');
    expect(missingText({ object: null, stack: [] })).toBe('the stub kernel has no such function()');
  });

  test('may be called by one whose name begins likewise', () => {
    const stack = [...standIn, frame('missing_irq', 'drivers/ring/irq.c', 7)];
    expect(missingText({ object: 'ring_alloc', stack })).toContain(
      'which missing_irq (drivers/ring/irq.c:7) calls',
    );
  });

  test('is named with a caller whose place nobody knows', () => {
    expect(missingText({ object: 'ring_alloc', stack: [frame('ring_probe')] })).toBe(
      'the stub kernel has no ring_alloc(), which ring_probe calls',
    );
  });

  test('is printable, as is its caller', () => {
    const text = missingText({ object: 'a\u001b[31m', stack: [frame('b\u001b[0m', 'c\u001b.c', 1)] });
    expect(text).toBe('the stub kernel has no a\\x1b[31m(), which b\\x1b[0m (c\\x1b.c:1) calls');
  });
});
