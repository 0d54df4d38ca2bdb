// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileDiffs } from '../../src/source/diff.js';
import { patchOf } from '../../src/source/patch.js';
import { readSeries } from '../../src/source/series.js';
import { writeTree } from '../../src/toolchain/execute.js';
import { treePath } from '../../src/toolchain/tree-path.js';
import { directoryOf } from '../source/fixture.js';

const wrong: [string, string][] = [
  ['', 'it is empty'],
  ['/etc/passwd', 'it is absolute'],
  ['../x.c', "it has a part '..'"],
  ['vfio/../../x.c', "it has a part '..'"],
  ['vfio/..', "it has a part '..'"],
  ['./x.c', "it has a part '.'"],
  ['vfio//x.c', 'a part of it is empty'],
  ['vfio/', 'a part of it is empty'],
  ['vfio\\x.c', 'it has a backslash'],
  ['vfio/x\x1b[2J.c', 'it has a control character'],
  ['vfio/x\n.c', 'it has a control character'],
  ['vfio/\u202ec.x', 'it has a control character'],
  ['__proto__/x.c', "'__proto__' is not a name"],
  ['vfio/__proto__', "'__proto__' is not a name"],
];

describe('a path in a tree', () => {
  test.each(['x.c', 'vfio/pci/vfio_pci_core.c', 'a..b/...c', 'constructor/toString'])('can be %s', (path) => {
    expect(treePath(path, 'here')).toBe(path);
  });
  test.each(wrong)('cannot be %j', (path, why) => {
    expect(() => treePath(path, 'here')).toThrow(
      expect.objectContaining({ code: 'E_PATH', message: expect.stringContaining(why) }),
    );
  });
});

describe('of a patch', () => {
  const patch = (from: string, to: string) => `--- ${from}\n+++ ${to}\n@@ -0,0 +1 @@\n+x\n`;
  // What ends a line cannot be in a path of a diff.
  const inDiffs = wrong.filter(([path]) => !path.includes('\n') && path !== '');
  test.each(inDiffs)('it cannot be %j, on either side', (path) => {
    for (const text of [patch('/dev/null', `b/${path}`), patch(`a/${path}`, 'b/x.c')])
      expect(() => fileDiffs('0001-x.patch', text)).toThrow(expect.objectContaining({ code: 'E_PATCH' }));
  });
  test('it cannot be none', () => {
    expect(() => fileDiffs('0001-x.patch', patch('/dev/null', '/dev/null'))).toThrow(
      expect.objectContaining({ code: 'E_PATCH' }),
    );
  });
  test('what is around it is shown as it is', () => {
    const body = `All\x1b[2J\n\tis well.\n---\n${patch('/dev/null', 'b/x.c')}`;
    const given = '[PATCH 1/2] vfio: \x1b]0;x\x07Trust\u202e me';
    const { subject, changelog } = patchOf({ subject: given, body, text: body }, 1);
    expect(subject).toBe('vfio: \\x1b]0;x\\x07Trust\\u202e me');
    expect(changelog).toBe('All\\x1b[2J\n\tis well.');
  });
});

test('a series lists no patch outside of it', async () => {
  const dir = await directoryOf({ 'v2/series': '../0001-x.patch\n', '0001-x.patch': 'Subject: x\n' });
  await expect(readSeries(join(dir, 'v2'))).rejects.toMatchObject({
    code: 'E_SERIES',
    message: expect.stringContaining("it has a part '..'"),
  });
});

test('no tree is written outside of its directory', async () => {
  const dir = await directoryOf({ 'in/x.c': '' });
  await expect(writeTree(join(dir, 'in'), new Map([['../out.c', '']]))).rejects.toMatchObject({
    code: 'E_PATH',
  });
  await expect(access(join(dir, 'out.c'))).rejects.toMatchObject({ code: 'ENOENT' });
});
