// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonPlace } from '../src/json-place.js';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the place at which a text is no JSON', () => {
  test.each([
    ['', 1, 1, 'a value'],
    ['\ufeff{}', 1, 1, 'a value'],
    ['{ "a": 1,\n  }', 2, 3, 'a name in double quotes'],
    ['{ a: 1 }', 1, 3, "a name in double quotes or '}'"],
    ['{ "a" 1 }', 1, 7, "':'"],
    ['{ "a": 1 "b": 2 }', 1, 10, "',' or '}'"],
    ['[1,\n 2 3]', 2, 4, "',' or ']'"],
    ['[1,]', 1, 4, 'a value'],
    ['[,]', 1, 2, "a value or ']'"],
    ['[1] // why', 1, 5, 'nothing more'],
    ['[01]', 1, 3, "',' or ']'"],
    ['{"a": "one\ntwo"}', 1, 7, 'a value'],
    ['{"a": [1, {"b": 2}', 1, 19, "',' or ']'"],
    ["{'a': 1}", 1, 2, "a name in double quotes or '}'"],
  ])('of %j', (text, line, column, expected) => {
    expect(isJson(text)).toBe(false);
    expect(jsonPlace(text)).toEqual({ line, column, expected });
  });

  test('is nowhere in JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        expect(jsonPlace(JSON.stringify(value, null, indent))).toBeNull();
      }),
    );
  });

  test('is somewhere in whatever else is refused, and nowhere in what is not', () => {
    const piece = fc.constantFrom(
      '',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '-',
      '1',
      'e',
      '\n',
      '\u0001',
      '\u007f',
    );
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), fc.nat(3), piece, (value, at, cut, put) => {
        const text = JSON.stringify(value);
        const start = at % (text.length + 1);
        const changed = text.slice(0, start) + put + text.slice(start + cut);
        expect(jsonPlace(changed) === null).toBe(isJson(changed));
      }),
      { numRuns: 2000 },
    );
  });
});
