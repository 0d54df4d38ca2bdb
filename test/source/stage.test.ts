// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { readExcerpt } from '../../src/source/excerpt.js';
import { loadStage, stageNames } from '../../src/source/stage.js';
import { directoryOf } from './fixture.js';

const FIRST = `From 0123456789 Mon Sep 17 00:00:00 2001
From: A Reviewer <reviewer@example.org>
Subject: [PATCH v2 1/3] vfio/pci: Count the users before
 anybody looks

The counter was raised too late.

Signed-off-by: A Reviewer <reviewer@example.org>
---
 vfio/a.c | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/vfio/a.c b/vfio/a.c
index 1111111..2222222 100644
--- a/vfio/a.c
+++ b/vfio/a.c
@@ -1,3 +1,3 @@
 int one;
-int two;
+int deux;
 int three;
-- 
2.39.0
`;

const THIRD = `Subject: vfio/pci: Split

Moves three.
--- a/vfio/a.c
+++ b/vfio/a.c
@@ -1,3 +1,2 @@
 int one;
 int deux;
-int three;
--- /dev/null
+++ b/vfio/pci/b.c
@@ -0,0 +1,1 @@
+int three;
--- a/kernel/gone.c
+++ /dev/null
@@ -1,1 +0,0 @@
-int gone;
`;

const CONTROL = `Subject: Give every flag its own bool

--- a/vfio/a.c
+++ b/vfio/a.c
@@ -1,2 +1,2 @@
-int one;
+bool one;
 int two;
`;

const root = () =>
  directoryOf({
    'c-src/vfio/a.c': 'int one;\nint two;\nint three;\n',
    'c-src/kernel/gone.c': 'int gone;\n',
    'c-src/include/linux/x.h': '#define X 1\n',
    'c-src/lab/notes.txt': 'no C',
    'c-src/arch/wasm/x.h': 'not part of the excerpt',
    'c-src/series/v2/series': '# the series\n0001-first.patch\n\n0003-third.patch  # two is not ready\n',
    'c-src/series/v2/0001-first.patch': FIRST,
    'c-src/series/v2/0003-third.patch': THIRD,
    'c-src/series/control/series': '0001-bools.patch\n',
    'c-src/series/control/0001-bools.patch': CONTROL,
    'c-src/series/README': 'no series',
  });

describe('the excerpt', () => {
  test('is every .c and .h of its folders, by posix path, sorted', async () => {
    const tree = await readExcerpt(await root());
    expect([...tree]).toEqual([
      ['include/linux/x.h', '#define X 1\n'],
      ['kernel/gone.c', 'int gone;\n'],
      ['vfio/a.c', 'int one;\nint two;\nint three;\n'],
    ]);
  });

  test('that is not there is a broken installation', async () => {
    await expect(readExcerpt(await directoryOf({}))).rejects.toMatchObject({ code: 'E_BROKEN_INSTALL' });
  });
});

describe('stages', () => {
  test('are base, one a numbered patch, and one for each other series', async () => {
    expect(await stageNames(await root())).toEqual(['base', 'p1', 'p2', 'control']);
  });

  test.each([
    [
      'base',
      'the excerpt, no patch applied',
      { 'vfio/a.c': 'int one;\nint two;\nint three;\n', 'kernel/gone.c': 'int gone;\n' },
    ],
    [
      'p1',
      'vfio/pci: Count the users before anybody looks',
      { 'vfio/a.c': 'int one;\nint deux;\nint three;\n', 'kernel/gone.c': 'int gone;\n' },
    ],
    ['p2', 'vfio/pci: Split', { 'vfio/a.c': 'int one;\nint deux;\n', 'vfio/pci/b.c': 'int three;\n' }],
    [
      'control',
      'Give every flag its own bool',
      { 'vfio/a.c': 'bool one;\nint two;\nint three;\n', 'kernel/gone.c': 'int gone;\n' },
    ],
  ])('%s has the files of its patches', async (name, title, files) => {
    const stage = await loadStage(name, await root());
    expect(stage).toMatchObject({ name, title });
    expect(Object.fromEntries(stage.tree)).toEqual({ 'include/linux/x.h': '#define X 1\n', ...files });
  });

  test('that is not there is refused, the nearest offered', async () => {
    await expect(loadStage('contol', await root())).rejects.toMatchObject({
      code: 'E_UNKNOWN_STAGE',
      message: "there is no stage 'contol'",
      advice: { hint: "did you mean 'control'?" },
    });
  });

  test('without any series is base alone', async () => {
    const bare = await directoryOf({ 'c-src/vfio/a.c': 'int a;\n' });
    expect(await stageNames(bare)).toEqual(['base']);
  });

  test('of lostbit itself all apply, and each differs from the others', async () => {
    const names = await stageNames();
    expect(names).toEqual(expect.arrayContaining(['base', 'p1', 'p2', 'control']));
    const trees = await Promise.all(
      names.map(async (name) => JSON.stringify([...(await loadStage(name)).tree])),
    );
    expect(new Set(trees).size).toBe(names.length);
  });
});
