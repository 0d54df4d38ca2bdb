// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { patched } from '../../src/source/apply.js';

const patch = (text: string) => ({ name: 'fix.patch', text });

test('a hunk near the end of a file of many lines is placed', () => {
  const lines = Array.from({ length: 300_000 }, (_, i) => `line ${i}\n`);
  const at = lines.length - 3;
  const text = `--- a/a.h\n+++ b/a.h\n@@ -${at},2 +${at},3 @@\n line ${at - 1}\n+new\n line ${at}\n`;
  const { tree } = patched(new Map([['a.h', lines.join('')]]), patch(text));
  expect(tree.get('a.h')).toContain(`line ${at - 1}\nnew\nline ${at}\n`);
});

test('what is copied is what was there before the patch', () => {
  const text = `diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1,2 +1,3 @@
 one
+changed
 two
diff --git a/a.c b/b.c
similarity index 90%
copy from a.c
copy to b.c
--- a/a.c
+++ b/b.c
@@ -1,2 +1,3 @@
 one
 two
+three
`;
  const { tree } = patched(new Map([['a.c', 'one\ntwo\n']]), patch(text));
  expect([tree.get('a.c'), tree.get('b.c')]).toEqual(['one\nchanged\ntwo\n', 'one\ntwo\nthree\n']);
});
