// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** What only the subject of that name, and its C, may say. */
const names = /vfio|mlx5|vga/i;

/** CONTRIBUTING.md's rule: the folders, and what stands there all the same. */
const [, rule = ''] = /^- \*\*No driver's name\*\*([\s\S]*?)(?=^- )/m.exec(text('CONTRIBUTING.md')) ?? [];
const paths = (part: string) => Array.from(part.matchAll(/`([^`]+)`/g), ([, path]) => path!);
const [where = '', except = ''] = rule.split('The one exception is');
const folders = paths(where.split(':')[0]!);
const exceptions = paths(except);

const filesIn = (folder: string) =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', folder], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');

describe('a driver’s name', () => {
  test('stands only in its own folders, as CONTRIBUTING.md says', () => {
    expect(folders).toEqual(['src/', 'assembly/', 'c-src/kernel/', 'c-src/lab/', 'c-src/include/']);
    const naming = folders
      .flatMap(filesIn)
      .filter((file) => names.test(file) || names.test(text(file)))
      .sort();
    expect(naming).toEqual(exceptions);
  });

  test('is found where it does stand', () => {
    expect(filesIn('c-src/vfio').filter((file) => names.test(text(file))).length).toBeGreaterThan(20);
  });
});
