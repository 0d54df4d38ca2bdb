// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { differencesFrom } from '../../src/source/made-for-tree.js';
import { readSeries } from '../../src/source/series.js';
import { onPath } from '../../src/toolchain/execute.js';
import { directoryOf } from './fixture.js';
import { tinyTree } from './tiny-tree.js';

const more = 'drivers/ring/more.c';
const commitAs = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgSign=false'];
const git = (dir: string, ...args: string[]) =>
  execFileSync('git', ['-C', dir, ...commitAs, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

async function commit(dir: string, path: string, text: string, subject: string): Promise<string> {
  await writeFile(join(dir, path), text);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', subject, '-m', 'Why.');
  return git(dir, 'rev-parse', 'HEAD');
}

/** Sources under git, with two commits after the first one, and back at it. */
async function repository() {
  const dir = await tinyTree();
  git(dir, 'init', '-q', '-b', 'main');
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'first');
  const first = git(dir, 'rev-parse', 'HEAD');
  const longer = await commit(dir, more, 'long ring_more;\n', 'ring: [fix] Longer');
  const shorter = await commit(dir, more, 'short ring_more;\n', 'ring: Shorter');
  git(dir, 'checkout', '-q', '-b', 'old', first);
  return { dir, first, longer, shorter };
}

const refusal = (
  read: Promise<unknown>,
): Promise<{ code: string; message: string; advice: { hint?: string } }> =>
  read.then(
    () => Promise.reject(new Error('it was read')),
    (error) => error,
  );

afterEach(() => {
  for (const name of ['GIT_DIR', 'GIT_EXTERNAL_DIFF']) delete process.env[name];
});

describe.skipIf(onPath('git') === undefined)('a range of commits', () => {
  test('says which of its commits change nothing, and is no path', async () => {
    const { dir, first } = await repository();
    git(dir, 'checkout', '-q', 'main');
    git(dir, 'commit', '-q', '--allow-empty', '-m', 'ring: Nothing');
    const series = await readSeries(`${first}..main`, dir);
    expect(series.patches.map(({ subject }) => subject)).toEqual(['ring: [fix] Longer', 'ring: Shorter']);
    expect(series.notes).toEqual([expect.stringMatching(/^1 of the 3 commits of .* change no file/)]);
    const path = await refusal(readSeries('./../fix.mbox', dir));
    expect(path.message).toMatch(/cannot read|no such file/i);
  });

  test('is a series, the oldest first, whatever the repository is set to', async () => {
    const { dir, first } = await repository();
    const ran = join(dir, 'ran');
    const spy = join(await directoryOf({ 'spy.sh': `#!/bin/sh\necho "$0" >>'${ran}'\n` }), 'spy.sh');
    await chmod(spy, 0o755);
    const settings = {
      'diff.external': spy,
      'diff.noprefix': 'true',
      'diff.mnemonicPrefix': 'true',
      'diff.spy.textconv': spy,
      'core.pager': spy,
      'core.fsmonitor': spy,
      'format.attach': 'x',
      'format.subjectPrefix': 'OTHER 9/9',
      'format.coverLetter': 'true',
      'format.signOff': 'true',
      'color.ui': 'always',
    };
    for (const [name, value] of Object.entries(settings)) git(dir, 'config', name, value);
    await mkdir(join(dir, '.git/info'), { recursive: true });
    await writeFile(join(dir, '.git/info/attributes'), '*.c diff=spy\n');
    process.env.GIT_DIR = '/nowhere';
    process.env.GIT_EXTERNAL_DIFF = spy;
    const { name, patches, madeFor } = await readSeries('old..main', dir);
    expect(name).toBe('old..main');
    expect(patches.map(({ subject, changelog, files }) => [subject, changelog, files])).toEqual([
      ['ring: [fix] Longer', 'Why.', [more]],
      ['ring: Shorter', 'Why.', [more]],
    ]);
    expect(patches[0]!.text).toContain('\n-int ring_more;\n+long ring_more;\n');
    expect(madeFor).toEqual({ commit: first, prerequisites: [] });
    expect(await readdir(dir)).not.toContain('ran');
  });

  test('may be open at its end, and is no file’s name', async () => {
    const { dir } = await repository();
    git(dir, 'checkout', '-q', 'main');
    expect((await readSeries('old..', dir)).patches).toHaveLength(2);
    const named = await directoryOf({ 'a..b': '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n' });
    expect((await readSeries(join(named, 'a..b'), dir)).patches).toHaveLength(1);
  });

  test.each([
    ['old..old', /there is no commit in it$/],
    ['main..old', /there is no commit in it$/, 'the other way round there are 2'],
    ['old...main', /it is no range of commits/],
    ['a..b..c', /it is no range of commits/],
    ['-x..main', /'-x' is no name of a commit/],
    ['old..--output=x', /'--output=x' is no name of a commit/],
    ['old..nowhere', /has no commit 'nowhere'$/],
    ['old..main:Makefile', /has no commit 'main:Makefile'$/],
  ])('%s is refused', async (range, message, hint?: string) => {
    const { dir } = await repository();
    const refused = await refusal(readSeries(range, dir));
    expect(refused).toMatchObject({ code: 'E_SERIES', message: expect.stringMatching(message) });
    if (hint !== undefined) expect(refused.advice.hint).toContain(hint);
    expect(await readdir(dir)).not.toContain('x');
  });

  test('with a merge is refused, as is one of no work tree, and without git', async () => {
    const { dir } = await repository();
    await commit(dir, 'lib/helper.c', 'int helped;\n', 'lib: Other');
    git(dir, 'merge', '-q', '--no-edit', 'main');
    expect((await refusal(readSeries('main..old', dir))).message).toMatch(
      /1 of its 2 commits is a merge, which no patch can be made of$/,
    );
    expect((await refusal(readSeries('a..b', await tinyTree()))).message).toMatch(/is no work tree of git/);
    expect((await refusal(readSeries('a..b'))).message).toMatch(/nor a repository that it is a range of$/);
    const { PATH } = process.env;
    onTestFinished(() => {
      process.env.PATH = PATH;
    });
    process.env.PATH = '/nowhere';
    expect(await refusal(readSeries('main..old', dir))).toMatchObject({
      code: 'E_GIT',
      message: 'there is no git on PATH',
    });
  });
});

describe.skipIf(onPath('git') === undefined)('what a series is made for', () => {
  const notes = async (dir: string, commit: string | null, prerequisites: readonly string[] = []) =>
    (
      await differencesFrom(
        { name: 'fix', title: null, patches: [], madeFor: { commit, prerequisites } },
        await openKernelTree(dir),
      )
    ).map((note) => note.replaceAll(dir, 'DIR'));

  test('is compared with the sources', async () => {
    const { dir, first, longer } = await repository();
    const [a, b] = [first.slice(0, 12), longer.slice(0, 12)];
    expect(await notes(dir, null)).toEqual([]);
    expect(await notes(dir, first)).toEqual([]);
    expect(await notes(dir, a)).toEqual([]);
    expect(await notes(dir, longer)).toEqual([
      `fix is made for commit ${b}; DIR is at ${a}, which does not have it`,
    ]);
    const unknown = 'whether the sources have it is unknown';
    expect(await notes(dir, '1'.repeat(40))).toEqual([
      `fix is made for commit ${'1'.repeat(12)}; DIR is at ${a}; ${unknown}: git does not know it there`,
    ]);
    expect(await notes(await tinyTree(), first)).toEqual([
      `fix is made for commit ${a}; ${unknown}: DIR is no work tree of git`,
    ]);
    git(dir, 'checkout', '-q', 'main');
    expect(await notes(dir, first)).toEqual([
      `fix is made for commit ${a}; DIR is at ${git(dir, 'rev-parse', 'HEAD').slice(0, 12)}, 2 commits later`,
    ]);
  });

  test('are patches before it, too', async () => {
    const { dir, first, longer } = await repository();
    git(dir, 'checkout', '-q', 'main');
    const diff = execFileSync('git', ['-C', dir, 'show', longer]);
    const id = execFileSync('git', ['patch-id', '--stable'], { input: diff, encoding: 'utf8' }).split(
      ' ',
    )[0]!;
    const other = 'f'.repeat(40);
    const wants = 'fix wants 2 other patches to be applied before it';
    expect((await notes(dir, first, [id, other]))[1]).toBe(
      `${wants}; no commit since its base brings ${other.slice(0, 12)}`,
    );
    expect((await notes(dir, first, [id]))[1]).toBe(
      'fix wants 1 other patch to be applied before it; the sources have it',
    );
    expect(await notes(dir, null, [id, other])).toEqual([
      `${wants}; whether the sources have them is unknown`,
    ]);
  });
});
