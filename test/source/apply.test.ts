// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/source/apply.js';

const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', ''].join('\n');
const tree = new Map([['x.c', before]]);

const hunks = (...text: string[]) => ({
  name: '0007-x.patch',
  text: ['Subject: x', '', '--- a/x.c', '+++ b/x.c', ...text, ''].join('\n'),
});

function refusal(patch: { name: string; text: string }): { code: string; message: string } {
  try {
    applyPatch(tree, patch);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('it applied');
}

describe('applyPatch', () => {
  test('leaves the given tree alone', () => {
    const after = applyPatch(tree, hunks('@@ -1,2 +1,2 @@', '-a', '+A', ' b'));
    expect(after.get('x.c')).toBe(before.replace('a', 'A'));
    expect(tree.get('x.c')).toBe(before);
  });

  test('follows lines that have moved', () => {
    const after = applyPatch(tree, hunks('@@ -1,2 +1,2 @@', ' g', '-h', '+H'));
    expect(after.get('x.c')).toBe(before.replace('h', 'H'));
  });

  test('names patch, file, hunk, and what was expected and found', () => {
    expect(
      refusal(hunks('@@ -1,2 +1,2 @@', '-a', '+A', ' b', '@@ -6,3 +6,3 @@', ' f', '-G', '+g2', ' h')),
    ).toMatchObject({
      code: 'E_PATCH',
      message: [
        "patch '0007-x.patch' does not apply to x.c: hunk @@ -6,3 +6,3 @@, line 7",
        '  expected: G',
        '  found:    g',
      ].join('\n'),
    });
  });

  test('takes no context that differs, however little', () => {
    expect(refusal(hunks('@@ -1,3 +1,3 @@', ' a', '-b', '+B', ' c ')).message).toMatch(
      /line 3\n {2}expected: c \n/,
    );
  });

  test('says so where the file ends first', () => {
    expect(refusal(hunks('@@ -10,3 +10,3 @@', ' j', '-k', '+K', ' l')).message).toMatch(
      /expected: k\n {2}found: {4}$/,
    );
  });

  test.each([
    [
      'a file that is not there',
      ['--- a/y.c', '+++ b/y.c', '@@ -1 +1 @@', '-a', '+b'],
      /y\.c: there is no such file/,
    ],
    [
      'a new file that is there',
      ['--- /dev/null', '+++ b/x.c', '@@ -0,0 +1 @@', '+b'],
      /there is such a file already/,
    ],
    ['a deletion that leaves lines', ['--- a/x.c', '+++ /dev/null', '@@ -1 +0,0 @@', '-a'], /lines remain/],
    [
      'a path outside the root',
      ['--- a/../x.c', '+++ b/../x.c', '@@ -1 +1 @@', '-a', '+b'],
      /'..\/x.c' is not a path in a tree: it has a part '..'/,
    ],
    ['a path without prefix', ['--- x.c', '+++ x.c', '@@ -1 +1 @@', '-a', '+b'], /'x.c' is not below/],
    ['a wrong line count', ['--- a/x.c', '+++ b/x.c', '@@ -1,5 +1,2 @@', '-a', '+b'], /cannot be read/],
    ['no diff at all', ['just text'], /holds no diff/],
  ])('refuses %s', (_, lines, message) => {
    const refused = refusal({ name: '0001-bad.patch', text: `Subject: bad\n\n${lines.join('\n')}\n` });
    expect(refused).toMatchObject({ code: 'E_PATCH', message: expect.stringMatching(message) });
    expect(refused.message).toContain('0001-bad.patch');
  });

  test('applies whatever diff makes', () => {
    // Lines that look like parts of a patch are among them.
    const line = fc.oneof(
      fc.constantFrom(
        '',
        'a',
        'b',
        '{',
        '}',
        '- ',
        '-- a/x.c',
        '++ b/x.c',
        '-- ',
        '@@ -1 +1 @@',
        '\\ No newline',
      ),
      fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\n\r\u2028\u2029]/g, '')),
    );
    const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.boolean()).map(([lines, newline]) => {
      return lines.length === 0 ? '' : lines.join('\n') + (newline ? '\n' : '');
    });
    const edit = fc.record({ at: fc.nat(30), remove: fc.nat(3), add: fc.array(line, { maxLength: 3 }) });
    fc.assert(
      fc.property(text, fc.array(edit, { maxLength: 5 }), fc.nat(4), (old, edits, context) => {
        const lines = old.split('\n');
        for (const { at, remove, add } of edits) lines.splice(at % lines.length || 0, remove, ...add);
        const edited = lines.join('\n');
        fc.pre(old !== edited);
        const diff = createTwoFilesPatch('a/d/x.c', 'b/d/x.c', old, edited, '', '', { context });
        const patched = applyPatch(new Map([['d/x.c', old]]), {
          name: '0001-x.patch',
          text: `Subject: x\n\n${diff}`,
        });
        expect(patched.get('d/x.c')).toBe(edited);
      }),
      { numRuns: 1000 },
    );
  });
});
