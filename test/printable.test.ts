// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPrintable, jsonText, printable, printableLines, xmlText } from '../src/printable.js';

/** Strings in which what a terminal, a reader or XML stumbles over is not rare. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      '\x1b',
      '[31m',
      ']0;',
      '\x07',
      '\n',
      '\r',
      '\u202e',
      '\u2066',
      '\u2028',
      '\x9b',
      '\ud800',
      '<',
      '&',
    ),
  ),
});

describe('a name', () => {
  test.each([
    ['a\x1b[2Jb', 'a\\x1b[2Jb'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['one\ntwo\r\tthree', 'one\\ntwo\\r\\tthree'],
    ['\x9b31m\x7f', '\\x9b31m\\x7f'],
    ['a\u202eb\u2066c\u200fd', 'a\\u202eb\\u2066c\\u200fd'],
    ['\u2028\u2029\ufeff', '\\u2028\\u2029\\ufeff'],
    ['\u{e0041}', '\\u{e0041}'],
    ['half \ud83d of a pair', 'half \\ud83d of a pair'],
    ['näme_1 → 名 😀 \\', 'näme_1 → 名 😀 \\'],
  ])('%j is shown as %s', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('is one line of characters that are seen, whatever it was', () => {
    fc.assert(fc.property(hostile, (text) => isPrintable(printable(text))));
  });
});

describe('lines', () => {
  test('keep their ends and tabs, and nothing else', () => {
    expect(printableLines('a\n\tb\r\n\x1b[31mc\x1b[39m')).toBe('a\n\tb\\r\n\\x1b[31mc\\x1b[39m');
  });
  test('keep the colours of a report where they are asked for, but no command', () => {
    const text = '\x1b[1m\x1b[31mred\x1b[39m\x1b[22m \x1b[8mhidden\x1b[2J\x1b]0;t\x07\x1b[31;8m';
    expect(printableLines(text, { styled: true })).toBe(
      '\x1b[1m\x1b[31mred\x1b[39m\x1b[22m \\x1b[8mhidden\\x1b[2J\\x1b]0;t\\x07\\x1b[31;8m',
    );
  });
});

test('JSON is printable, and means the same', () => {
  fc.assert(
    fc.property(hostile, fc.dictionary(hostile, hostile), (text, values) => {
      const document = [text, Object.entries(values)];
      const written = jsonText(document);
      expect(isPrintable(written.replaceAll('\n', ''))).toBe(true);
      expect(JSON.parse(written)).toEqual(document);
    }),
  );
});

test('XML has no character that it must not have, and no markup', () => {
  expect(xmlText('<a b="1">&\x1b\n\ufffe\ud800')).toBe(
    '&lt;a b=&quot;1&quot;&gt;&amp;\\x1b\\n\\ufffe\\ud800',
  );
  fc.assert(
    fc.property(hostile, (text) => {
      // Production 2, Char, and 14, CharData, of XML 1.0.
      expect(xmlText(text)).toMatch(/^(?:[\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}])*$/u);
      expect(xmlText(text)).not.toMatch(/[<>"]|&(?!(?:lt|gt|amp|quot);)/);
    }),
  );
});
