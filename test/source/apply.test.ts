// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/source/apply.js';
import { PatchedTree } from '../../src/source/patched-tree.js';
import type { FileTree } from '../../src/toolchain/types.js';

const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', ''].join('\n');
const tree = new Map([
  ['x.c', before],
  ['n.c', ''],
]);

const hunks = (...text: string[]) => ({
  name: '0007-x.patch',
  text: ['Subject: x', '', '--- a/x.c', '+++ b/x.c', ...text, ''].join('\n'),
});

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly advice: { readonly hint?: string };
}

function refusal(patch: { name: string; text: string }, of: ReadonlyMap<string, string> = tree): Refusal {
  try {
    applyPatch(of, patch);
  } catch (error) {
    return error as Refusal;
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

  test('takes no line that differs where it is taken away or added', () => {
    expect(refusal(hunks('@@ -1,3 +1,3 @@', ' a', '-b ', '+B', ' c')).message).toMatch(
      /line 2\n {2}expected: b \n/,
    );
    expect(refusal(hunks('@@ -1,5 +1,5 @@', ' a', '-b', '+B', ' C', '-d', '+D', ' e')).message).toMatch(
      /line 3\n {2}expected: C\n/,
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
      /y\.c: there is no such file; the nearest is x\.c$/,
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
    ['a wrong line count', ['--- a/x.c', '+++ b/x.c', '@@ -1,5 +1,2 @@', '-a', '+b'], /cannot be read/],
    ['no diff at all', ['just text'], /holds no diff/],
    ['names without hunks', ['--- a/x.c', '+++ b/x.c'], /has no hunk for x\.c/],
    ['the diff of a merge', ['--- a/x.c', '+++ b/x.c', '@@@ -1 -1 +1 @@@', '--a', '++b'], /diff of a merge/],
    ['a hunk that says not where', ['--- a/x.c', '+++ b/x.c', '@@ @@', '-a', '+b'], /'@@ @@' begins no hunk/],
    ['a binary patch', ['diff --git a/x.c b/x.c', 'GIT binary patch', 'literal 1'], /changes a binary file/],
    ['binary files', ['diff --git a/x.c b/x.c', 'Binary files a/x.c and b/x.c differ'], /binary file: x\.c/],
    ['a hunk of no file', ['diff --git x y', '@@ -1 +1 @@', '-a', '+b'], /has a hunk without a file name/],
    [
      'a rename onto a file',
      ['diff --git a/x.c b/x.c', 'rename from x.c', 'rename to n.c'],
      /n\.c: there is such/,
    ],
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

describe('a hunk that does not fit is told at the place most like it', () => {
  const text = (lines: readonly string[]) => new Map([['x.c', [...lines, ''].join('\n')]]);
  const other = ['static int other(void)', '{', '\treturn 0;', '}', ''];
  const mine = ['static void mask(struct port *port)', '{', '\tport->flags.masked = 1;', '}', ''];

  test('by lines that are changed a little, and not by braces', () => {
    const file = [...Array.from({ length: 5 }, () => other).flat(), ...mine];
    const patch = hunks(
      '@@ -2,4 +2,4 @@',
      ' static void mask(struct port *p)',
      ' {',
      '-\tp->flags.masked = 1;',
      '+\tp->masked = true;',
      ' }',
    );
    expect(refusal(patch, text(file)).message).toMatch(
      /line 26\n {2}expected: static void mask\(struct port \*p\)\n {2}found: {4}static void mask\(struct port \*port\)$/,
    );
  });

  test('where a line has come in between', () => {
    const file = [
      ...other,
      ...mine.slice(0, 2),
      '\tlockdep_assert_held(&port->lock);',
      ...mine.slice(2),
      ...other,
    ];
    const patch = hunks(
      '@@ -6,4 +6,3 @@',
      `-${mine[0]}`,
      `+static void unmask(struct port *port)`,
      ` ${mine[1]}`,
      `-${mine[2]}`,
      ' }',
    );
    expect(refusal(patch, text(file)).message).toMatch(
      /line 8\n {2}expected: \tport->flags\.masked = 1;\n {2}found: {4}\tlockdep_assert_held\(&port->lock\);$/,
    );
  });

  test('and says so if the patch is applied already', () => {
    const patch = hunks('@@ -1,2 +1,2 @@', '-A', '+a', ' b');
    expect(refusal(patch).advice.hint).toMatch(/applied already/);
    expect(refusal(hunks('@@ -1,2 +1,2 @@', '-A', '+Z', ' b')).advice.hint).toBeUndefined();
  });

  test('whatever letter of whatever line is another one', () => {
    const line = fc.string({ unit: fc.constantFrom(...'ab{} '), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 8, maxLength: 30 }),
        fc.nat(),
        fc.nat(),
        (found, from, which) => {
          // Each line is there once, so that nothing else is as like.
          const lines = found.map((line, i) => `${i}${line}${i}`);
          const start = from % (lines.length - 6);
          const expected = lines.slice(start, start + 6);
          const wrong = which % 6;
          expected[wrong] += '!';
          const patch = hunks('@@ -1,6 +1,0 @@', ...expected.map((line) => `-${line}`));
          expect(refusal(patch, text(lines)).message).toContain(
            `line ${start + wrong + 1}\n  expected: ${expected[wrong]}\n  found:    ${lines[start + wrong]}`,
          );
        },
      ),
    );
  });

  test('also in a file and of a hunk that are far too large to compare', () => {
    const file = Array.from({ length: 8000 }, (_, i) => `line ${i % 7}`);
    const removed = [...file.slice(0, 6000).map((line) => `-${line}`), '-nowhere'];
    expect(refusal(hunks('@@ -1,6001 +0,0 @@', ...removed), text(file)).message).toMatch(/expected: nowhere/);
  });

  test('and one that is stated to be far beyond the end is looked for in the file', () => {
    const far = '@@ -999999999,2 +999999999,2 @@';
    expect(applyPatch(tree, hunks(far, ' g', '-h', '+H')).get('x.c')).toBe(before.replace('h', 'H'));
    expect(refusal(hunks(far, ' g', '-H', '+h')).message).toMatch(/line 8\n/);
  });
});

describe('a file that the patch has elsewhere', () => {
  const edit = (from: string, to = from) => `--- ${from}\n+++ ${to}\n@@ -1 +1 @@\n-old\n+new\n`;
  const applied = (files: readonly string[], text: string, strip?: 0 | 1) => {
    const all = new Map(files.map((path) => [path, 'old\n']));
    const after = applyPatch(all, { name: 'x.patch', text, ...(strip === undefined ? {} : { strip }) });
    return Object.fromEntries([...after].filter(([path, text]) => all.get(path) !== text));
  };
  const gone = (files: readonly string[], text: string) => {
    const after = applyPatch(new Map(files.map((path) => [path, 'old\n'])), { name: 'x.patch', text });
    return files.filter((path) => !after.has(path));
  };

  test.each<[string, string[], string, string]>([
    ['exactly', ['drivers/port.c', 'port.c'], edit('a/port.c', 'b/port.c'), 'port.c'],
    ['without prefixes', ['a/port.c', 'port.c'], edit('port.c'), 'port.c'],
    ['from here', ['port.c'], edit('./port.c.orig', './port.c'), 'port.c'],
    ['kept under another name', ['port.c'], edit('port.c.orig', 'port.c'), 'port.c'],
    [
      'from two directories',
      ['drivers/port.c'],
      edit('old/drivers/port.c', 'new/drivers/port.c'),
      'drivers/port.c',
    ],
    [
      'from the root, the tree being one file',
      ['port.c'],
      edit('a/drivers/tty/port.c', 'b/drivers/tty/port.c'),
      'port.c',
    ],
    [
      'from a folder of the tree',
      ['drivers/tty/port.c', 'drivers/usb/host.c'],
      edit('a/port.c', 'b/port.c'),
      'drivers/tty/port.c',
    ],
    [
      'in the folder that has most in common',
      ['usb/port.c', 'my/tty/port.c'],
      edit('a/drivers/tty/port.c', 'b/drivers/tty/port.c'),
      'my/tty/port.c',
    ],
  ])('is found %s', (_, files, text, path) => {
    expect(applied(files, text)).toEqual({ [path]: 'new\n' });
  });

  test('is told by how many folders are taken off', () => {
    expect(applied(['a/port.c', 'port.c'], edit('a/port.c', 'b/port.c'), 1)).toEqual({ 'port.c': 'new\n' });
    expect(applied(['a/port.c', 'port.c'], edit('a/port.c'), 0)).toEqual({ 'a/port.c': 'new\n' });
  });

  test('that may be several is refused, naming them', () => {
    const files = ['tty/port.c', 'usb/port.c', 'usb/port.h'];
    const refused = refusal(
      { name: 'x.patch', text: edit('a/port.c', 'b/port.c') },
      new Map(files.map((file) => [file, ''])),
    );
    expect(refused).toMatchObject({
      code: 'E_PATCH',
      message: "patch 'x.patch' does not apply to port.c: it may be tty/port.c or usb/port.c",
    });
  });

  test('that is not there is refused, naming the nearest', () => {
    const named = (path: string) =>
      refusal(
        { name: 'x.patch', text: edit(`a/${path}`, `b/${path}`) },
        new Map([
          ['vfio/pci/vfio_pci_core.c', ''],
          ['x.h', ''],
        ]),
      ).message;
    expect(named('drivers/vfio/pci/vfio_pci_cor.c')).toBe(
      "patch 'x.patch' does not apply to drivers/vfio/pci/vfio_pci_cor.c: there is no such file; the nearest is vfio/pci/vfio_pci_core.c",
    );
    expect(named('quite/another/folder/of/the/tree/vfio_pci_cor.c')).toMatch(
      /nearest is vfio\/pci\/vfio_pci_core\.c$/,
    );
    expect(named('quite/another/thing')).toMatch(/there is no such file$/);
  });

  test('names both paths where its hunk does not fit', () => {
    const text = edit('a/drivers/port.c', 'b/drivers/port.c');
    expect(refusal({ name: 'x.patch', text }, new Map([['port.c', 'other\n']])).message).toMatch(
      /does not apply to drivers\/port\.c \(here port\.c\): hunk @@ -1,1 \+1,1 @@, line 1\n/,
    );
  });

  test('has new, moved and copied files beside it', () => {
    const created =
      'diff --git a/drivers/tty/regs.h b/drivers/tty/regs.h\nnew file mode 100644\n--- /dev/null\n+++ b/drivers/tty/regs.h\n@@ -0,0 +1 @@\n+regs\n';
    const moved =
      'diff --git a/drivers/tty/b.c b/drivers/tty/sub/c.c\nrename from drivers/tty/b.c\nrename to drivers/tty/sub/c.c\n';
    const copied =
      'diff --git a/drivers/tty/port.c b/drivers/tty/copy.c\ncopy from drivers/tty/port.c\ncopy to drivers/tty/copy.c\n';
    const changed = `diff --git a/drivers/tty/port.c b/drivers/tty/port.c\n${edit('a/drivers/tty/port.c', 'b/drivers/tty/port.c')}`;
    const text = copied + moved + changed + created;
    const result = { 'copy.c': 'old\n', 'sub/c.c': 'old\n', 'port.c': 'new\n', 'regs.h': 'regs\n' };
    expect(applied(['port.c', 'b.c'], text)).toEqual(result);
    expect(gone(['port.c', 'b.c'], text)).toEqual(['b.c']);
    // The new file alone says nothing of where it belongs; what is where the patch has it does.
    expect(applied(['port.c'], created)).toEqual({ 'drivers/tty/regs.h': 'regs\n' });
    expect(
      applied(['drivers/tty/port.c', 'x/host.c'], changed + edit('a/host.c', 'b/host.c') + created),
    ).toEqual({
      'drivers/tty/port.c': 'new\n',
      'x/host.c': 'new\n',
      'drivers/tty/regs.h': 'regs\n',
    });
  });

  test('comes and goes by the time stamps of diff -N', () => {
    const zero = '1970-01-01 01:00:00.000000000 +0100';
    const now = '2024-05-06 07:08:09.123456789 +0200';
    const come = `--- old/n.c\t${zero}\n+++ new/n.c\t${now}\n@@ -0,0 +1 @@\n+new\n`;
    const go = `--- old/port.c\t${now}\n+++ new/port.c\t${zero}\n@@ -1 +0,0 @@\n-old\n`;
    expect(applied(['port.c', 'x.c'], edit('old/x.c', 'new/x.c') + come + go)).toEqual({
      'n.c': 'new\n',
      'x.c': 'new\n',
    });
    expect(gone(['port.c'], go)).toEqual(['port.c']);
    expect(gone(['port.c'], go.replace(zero, now))).toEqual([]);
  });
});

describe('a patched tree', () => {
  test('asks the tree below for what a patch touches, and for nothing else', () => {
    const asked: string[] = [];
    class Late extends Map<string, string> {
      override get(path: string) {
        asked.push(path);
        return super.get(path);
      }
      override keys(): never {
        throw new Error('it was listed');
      }
      override [Symbol.iterator](): never {
        throw new Error('it was read');
      }
    }
    const late = new Late();
    late.set('x.c', before).set('y.c', 'y\n');
    const once = applyPatch(late, hunks('@@ -1,2 +1,2 @@', '-a', '+A', ' b'));
    const twice = applyPatch(once, hunks('@@ -1,2 +1,2 @@', '-A', '+Z', ' b'));
    expect(asked).toEqual(['x.c']);
    expect([once, twice].map((tree) => tree.get('x.c')![0])).toEqual(['A', 'Z']);
    expect(twice.get('y.c')).toBe('y\n');
    expect(twice.has('z.c')).toBe(false);
  });

  test('is as a map that was changed', () => {
    const path = fc.constantFrom('a', 'b', 'c', 'd/e');
    const text = fc.constantFrom('', '1', '2');
    const change = fc.dictionary(path, fc.option(text));
    fc.assert(
      fc.property(fc.dictionary(path, text), fc.array(change, { maxLength: 4 }), (files, changes) => {
        const plain = new Map(Object.entries(files));
        const below = new Map(plain);
        let patched: FileTree = below;
        for (const one of changes) {
          patched = new PatchedTree(patched, new Map(Object.entries(one)));
          for (const [path, text] of Object.entries(one)) {
            if (text === null) plain.delete(path);
            else plain.set(path, text);
          }
        }
        const wanted = [...plain].sort(([a], [b]) => (a < b ? -1 : 1));
        expect([...new PatchedTree(patched, new Map())]).toEqual(wanted);
        expect(patched.size).toBe(plain.size);
        for (const path of ['a', 'b', 'c', 'd/e', 'f']) {
          expect([patched.get(path), patched.has(path)]).toEqual([plain.get(path), plain.has(path)]);
        }
        expect([...below]).toEqual(Object.entries(files));
      }),
    );
  });
});

test('in a whole kernel’s sources, a patch for another folder’s file of that name is refused', () => {
  const own = new Map([['include/linux/x.h', before]]);
  const kernel = new Map([...own, ['Makefile', ''], ['Kbuild', '']]);
  const patchOf = (path: string) => ({
    name: 'x.patch',
    text: `Subject: x\n\n--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n`,
  });
  const changed = before.replace('a', 'A');
  expect(applyPatch(own, patchOf('drivers/y/x.h')).get('include/linux/x.h')).toBe(changed);
  expect(applyPatch(kernel, patchOf('linux/x.h')).get('include/linux/x.h')).toBe(changed);
  expect(refusal(patchOf('drivers/y/x.h'), kernel).message).toMatch(/no such file.*include\/linux\/x\.h/);
});
