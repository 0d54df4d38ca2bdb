// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnText, plain, wrapped } from '../../src/report/columns.js';

describe('columns', () => {
  test('share the room, those that need little leaving theirs to others', () => {
    const long = 'x'.repeat(60);
    const cells = [
      { column: 0, text: 'short', paint: plain },
      { column: 1, text: long, paint: plain },
      { column: 2, text: long, paint: plain },
    ];
    const [, rule] = columnText(['a', 'b', 'c'], cells, 91).split('\n');
    expect(rule!.split('-+-').map(({ length }) => length)).toEqual([5, 40, 40]);
  });

  test('stand where they do whatever their text is painted with', () => {
    const cells = (paint: (text: string) => string) => [
      { column: 0, text: 'one two', paint },
      { column: 1, text: 'three', paint },
    ];
    const painted = columnText(
      ['a', 'b'],
      cells((text) => `<${text}>`),
      80,
    );
    expect(painted.replace(/[<>]/g, '')).toBe(columnText(['a', 'b'], cells(plain), 80));
    expect(painted.split('\n').slice(2)).toEqual(['<one two> |', '        | <three>']);
  });
});

describe('more columns than fit', () => {
  test('are a list of turns', () => {
    const heads = Array.from({ length: 64 }, (_, i) => `actor${i}`);
    const cells = [
      { column: 63, text: 'a step', paint: plain },
      { column: 63, text: '  what it does in so many words', paint: plain },
      { column: 0, text: 'another one', paint: plain },
      { column: 63, text: 'done', paint: plain },
    ];
    expect(columnText(heads, cells, 24)).toMatchInlineSnapshot(`
      "actor63:
        a step
          what it does in so
            many words
      actor0:
        another one
      actor63:
        done"
    `);
  });
});

describe('a wrapped line', () => {
  test.each([
    ['  one two three', 80, ['  one two three']],
    ['  one two three', 10, ['  one two', '    three']],
    ['in vfio/pci/vfio_pci_config.c:12', 16, ['in', '  vfio/pci/vfio_', '  pci_config.', '  c:12']],
    ['abcdefgh', 4, ['abcd', '  ef', '  gh']],
  ])('%j at %i', (text, width, lines) => {
    expect(wrapped(text, width)).toEqual(lines);
  });

  test('keeps every character, and to the width where the margin leaves room', () => {
    const line = fc
      .tuple(
        fc.nat(6),
        fc.array(
          fc.string({ minLength: 1 }).filter((word) => !/\s/.test(word)),
          { minLength: 1 },
        ),
      )
      .map(([margin, words]) => ' '.repeat(margin) + words.join(' '));
    fc.assert(
      fc.property(line, fc.nat(40), (text, width) => {
        const lines = wrapped(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        if (width > 10) for (const one of lines) expect(one.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});
