// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n');

/** Without what is shown of outputs and files. */
const prose = (markdown: string) => markdown.replace(/^```.*?^```$/gms, '');

/** As GitHub names a heading. */
const anchors = (markdown: string) =>
  Array.from(prose(markdown).matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

/** Links that lead nowhere. */
function broken(file: string, markdown: string): string[] {
  const links = Array.from(prose(markdown).matchAll(/\]\(([^)]+)\)/g), ([, link]) =>
    link!.replace(/\s/g, ''),
  );
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : posix.join(posix.dirname(file), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchors(target === file ? markdown : text(target)).includes(anchor);
  });
}

/** Paths in backquotes that look like files of the project's, and are none. */
const misnamed = (markdown: string) =>
  Array.from(
    prose(markdown).matchAll(/`((?:src|c-src|subjects|test|docs|examples|schema|bench)\/[\w./-]*)`/g),
    ([, path]) => path!,
  ).filter((path) => !/\bNAME\b/.test(path) && !existsSync(join(root, path)));

describe('documents', () => {
  test.each(documents)('%s: links lead somewhere, and files that it names are there', (file) => {
    expect(broken(file, text(file))).toEqual([]);
    expect(misnamed(text(file))).toEqual([]);
  });

  test('that lead nowhere are seen', () => {
    expect(
      broken('README.md', '[a](docs/nothing.md) [b](#nothing) [c](docs/layout.md#nothing)'),
    ).toHaveLength(3);
    expect(broken('README.md', '# A b\n[a](docs/layout.md) [b](#a-b)')).toEqual([]);
    expect(misnamed('`src/nothing.ts` `src/api.ts`')).toEqual(['src/nothing.ts']);
  });
});
