// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openKernelTree, versionIn, versionText } from '../../src/source/kernel-tree.js';
import { directoryOf } from './fixture.js';
import { tinyTree } from './tiny-tree.js';

const refusal = (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => expect.unreachable('it was taken'),
      (error: { code: string; message: string; advice: { hint?: string } }) => error,
    );

describe('a kernel’s sources', () => {
  test('have a version, and files that are read as they are asked for', async () => {
    const { version, commit, files } = await openKernelTree(await tinyTree());
    expect(version).toEqual({ major: 6, minor: 12, patch: 95, extra: '-rc1' });
    expect(versionText(version)).toBe('6.12.95-rc1');
    expect(commit).toBeNull();
    expect(files.get('lib/helper.c')).toContain('HELPED');
    expect(files.has('lib/none.c')).toBe(false);
    expect(files.get('lib/none.c')).toBeUndefined();
    expect(files.get('none/none.c')).toBeUndefined();
    expect([...files.inFolder('drivers/ring')]).toContain('drivers/ring/core.c');
    expect([...files.inFolder('nowhere')]).toEqual([]);
    expect([...files.keys()]).toContain('drivers/ring/include/inner.h');
  });

  test.each([
    ['VERSION = 7\nPATCHLEVEL = 2\n', '7.2.0'],
    ['VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL =\nEXTRAVERSION =\n', '5.10.0'],
    ['all:\n\techo VERSION = 3\n', null],
    ['VERSION = 6\nPATCHLEVEL = x\n', null],
    ['VERSION = 6\nPATCHLEVEL = 1\nEXTRAVERSION = -"; rm\n', null],
  ])('say their version in a Makefile: %j', (makefile, expected) => {
    const version = versionIn(makefile);
    expect(version && versionText(version)).toBe(expected);
  });

  test.each([
    ['without a Makefile', { Makefile: null }, /there is no Makefile/, 'apt-get install'],
    ['with one that is another’s', { Makefile: 'all:\n' }, /names no VERSION/, 'apt-get install'],
    [
      'too old',
      { Makefile: 'VERSION = 4\nPATCHLEVEL = 19\n' },
      /Linux 4\.19\.0, and what is older than 5\.10/,
      'newer',
    ],
    [
      'without what configures them',
      { 'init/Kconfig': null },
      /there is no init\/Kconfig/,
      'name the directory',
    ],
    ['with headers alone', { 'lib/string.c': null }, /there is no lib\/string\.c/, 'without the sources'],
  ])('%s are refused', async (_, changes, message, hint) => {
    const dir = await tinyTree(changes as Record<string, string | null>);
    const error = await refusal(() => openKernelTree(dir));
    expect(error).toMatchObject({ code: 'E_TREE', message: expect.stringMatching(message) });
    expect(error.advice.hint).toContain(hint);
  });

  test('are looked for near the directory that was named', async () => {
    const tree = await tinyTree();
    const above = await refusal(() => openKernelTree(join(tree, 'drivers/ring')));
    expect(above.advice.hint).toContain(`above it: ${tree}`);
    const outer = await directoryOf({ readme: '' });
    await cp(tree, join(outer, 'linux-6.12'), { recursive: true });
    const inner = await refusal(() => openKernelTree(outer));
    expect(inner.advice.hint).toContain(join(outer, 'linux-6.12'));
    const packed = await refusal(async () =>
      openKernelTree(await directoryOf({ 'linux-source-6.12.tar.xz': '' })),
    );
    expect(packed.advice.hint).toContain('unpack linux-source-6.12.tar.xz first');
    expect((await refusal(() => openKernelTree('/none\u001b[31m'))).message).toBe(
      '/none\\x1b[31m is not there',
    );
    expect((await refusal(() => openKernelTree(join(tree, 'Makefile')))).message).toContain(
      'not a directory',
    );
  });

  test('are read inside their directory alone, and only where they are regular files', async () => {
    const dir = await tinyTree({ 'lib/deep/inside.h': '#define INSIDE\n' });
    const outside = await directoryOf({ 'secret.h': 'secret', 'sub/x.h': 'x' });
    await symlink(join(outside, 'secret.h'), join(dir, 'lib/secret.h'));
    await symlink('deep/inside.h', join(dir, 'lib/inside.h'));
    await symlink(join(outside, 'sub'), join(dir, 'lib/sub'));
    await symlink('nowhere.h', join(dir, 'lib/dangling.h'));
    execFileSync('mkfifo', [join(dir, 'lib/fifo.h')]);
    await writeFile(join(dir, 'lib/huge.h'), '');
    await truncate(join(dir, 'lib/huge.h'), 2 ** 26);
    const { files } = await openKernelTree(dir);
    expect(files.get('lib/inside.h')).toBe('#define INSIDE\n');
    for (const [path, why] of [
      ['lib/secret.h', 'leads out of the tree'],
      ['lib/fifo.h', 'a FIFO'],
      ['lib/huge.h', 'too large'],
      ['lib/dangling.h', 'cannot read'],
    ] as const)
      expect(await refusal(() => files.get(path))).toMatchObject({
        code: 'E_TREE',
        message: expect.stringContaining(why),
      });
    for (const path of ['../secret.h', '/etc/passwd', 'lib/../Makefile', 'lib/', 'lib//string.c', ''])
      expect(files.get(path)).toBeUndefined();
    expect(await refusal(() => files.get('lib/sub/x.h'))).toMatchObject({ code: 'E_TREE' });
  });

  test('that change while they are read are refused', async () => {
    const dir = await tinyTree();
    const tree = await openKernelTree(dir);
    expect(tree.files.has('include/linux/late.h')).toBe(false);
    tree.files.get('lib/helper.c');
    tree.checkUnchanged();
    // The same text, written again, and a file that nobody asked for.
    const helper = join(dir, 'lib/helper.c');
    await writeFile(helper, await readFile(helper));
    await utimes(helper, new Date(0), new Date(0));
    await writeFile(join(dir, 'include/linux/made.h'), '');
    tree.checkUnchanged();

    await writeFile(join(dir, 'include/linux/late.h'), '');
    expect(await refusal(() => tree.checkUnchanged())).toMatchObject({
      code: 'E_TREE_CHANGED',
      message: expect.stringContaining('changed while it was read: include/linux/late.h'),
    });
    await rm(join(dir, 'include/linux/late.h'));
    tree.checkUnchanged();
    await writeFile(helper, 'int helped(void) { return 8; }\n');
    expect((await refusal(() => tree.checkUnchanged())).message).toContain('lib/helper.c');
    await rename(helper, `${helper}.orig`);
    expect((await refusal(() => tree.checkUnchanged())).message).toContain('lib/helper.c');
  });
});

describe('what git has checked out', () => {
  const id = 'a'.repeat(40);
  const other = 'b'.repeat(40);
  const commitIn = async (files: Record<string, string>) =>
    (await openKernelTree(await tinyTree(files))).commit;

  test.each([
    ['a commit', { '.git/HEAD': `${id}\n` }, id],
    ['a branch', { '.git/HEAD': 'ref: refs/heads/x\n', '.git/refs/heads/x': `${id}\n` }, id],
    [
      'a branch that is packed',
      {
        '.git/HEAD': 'ref: refs/heads/x\n',
        '.git/packed-refs': `# pack\n${other} refs/heads/y/x\n${id} refs/heads/x\n`,
      },
      id,
    ],
    [
      'a further work tree',
      {
        '.git': 'gitdir: elsewhere/worktrees/w\n',
        'elsewhere/worktrees/w/HEAD': 'ref: refs/heads/x\n',
        'elsewhere/worktrees/w/commondir': '../..\n',
        'elsewhere/refs/heads/x': `${id}\n`,
      },
      id,
    ],
    ['a branch without a commit', { '.git/HEAD': 'ref: refs/heads/x\n' }, null],
    ['what leads elsewhere', { '.git/HEAD': 'ref: refs/../../Makefile\n' }, null],
    ['nothing that is git’s', { '.git/HEAD': 'VERSION = 6\n' }, null],
    ['an empty directory', { '.git/x': '' }, null],
  ])('is read: %s', async (_, files, expected) => {
    expect(await commitIn(files as unknown as Record<string, string>)).toBe(expected);
  });

  test('is git’s own word', async () => {
    const dir = await tinyTree();
    await mkdir(join(dir, 'sub'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e', ...args], {
        cwd: dir,
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'x');
    expect((await openKernelTree(dir)).commit).toBe(git('rev-parse', 'HEAD').trim());
  });
});
