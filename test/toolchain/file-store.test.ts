// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { onLeftovers } from '../../src/leftovers.js';
import { FileStore } from '../../src/toolchain/file-store.js';
import { directoryOf } from '../source/fixture.js';

/** A directory for temporary ones, which nobody else uses. */
async function ownTmpdir(): Promise<string> {
  const dir = await directoryOf({});
  vi.stubEnv('TMPDIR', dir);
  return dir;
}

const files = new Map<string, string | Uint8Array>([
  ['include/linux/a.h', 'a'],
  ['include/b.h', 'b'],
  ['again.h', 'a'],
  ['x.o', new Uint8Array([1, 2])],
]);

describe('the files that jobs have in common', () => {
  test('are there for each job, as one file, and outlive the directory of each', async () => {
    await ownTmpdir();
    const store = new FileStore();
    const [one, other] = [await directoryOf({}), await directoryOf({})];
    await store.place(one, files);
    await rm(one, { recursive: true });
    await mkdir(one);
    await Promise.all([store.place(one, files), store.place(other, new Map([...files].reverse()))]);
    for (const dir of [one, other]) {
      expect(await readFile(join(dir, 'include/linux/a.h'), 'utf8')).toBe('a');
      expect(await readFile(join(dir, 'include/b.h'), 'utf8')).toBe('b');
      expect([...(await readFile(join(dir, 'x.o')))]).toEqual([1, 2]);
    }
    const { ino } = await stat(join(one, 'again.h'));
    expect((await stat(join(other, 'include/linux/a.h'))).ino).toBe(ino);
    await store.close();
    expect(await readFile(join(one, 'include/b.h'), 'utf8')).toBe('b');
    vi.unstubAllEnvs();
  });

  test('leave nothing behind, and are made known while they are there', async () => {
    const dir = await ownTmpdir();
    const known = new Set<string>();
    onLeftovers((path, there) => (there ? known.add(path) : known.delete(path)));
    const store = new FileStore();
    await store.place(await directoryOf({}), files);
    expect([...known].map((path) => existsSync(path))).toEqual([true]);
    await store.close();
    await store.close();
    expect([...known]).toEqual([]);
    expect((await readdir(dir)).filter((name) => !name.startsWith('lostbit-test-'))).toEqual([]);
    onLeftovers(() => {});
    vi.unstubAllEnvs();
  });

  test('are refused where there is no room for them, until there is', async () => {
    const store = new FileStore();
    vi.stubEnv('TMPDIR', '/none/at/all');
    await expect(store.place('/none', files)).rejects.toMatchObject({ code: 'E_TMPDIR' });
    vi.unstubAllEnvs();
    await ownTmpdir();
    await store.place(await directoryOf({}), files);
    await store.close();
    vi.unstubAllEnvs();
  });

  test('stay in their directory', async () => {
    await ownTmpdir();
    const store = new FileStore();
    await expect(store.place(await directoryOf({}), new Map([['../out.c', '']]))).rejects.toMatchObject({
      code: 'E_PATH',
    });
    await store.close();
    vi.unstubAllEnvs();
  });
});
