// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

/** Files of src/ in which a pattern is, but for lines of comments. */
function filesWith(pattern: RegExp): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[tj]s$/.test(path))
    .filter((path) =>
      readFileSync(join(root, 'src', path), 'utf8')
        .split('\n')
        .some((line) => pattern.test(line) && !/^\s*(?:\/\/|\/?\*)/.test(line)),
    )
    .sort();
}

test('all that is printed passes through one file', () => {
  expect(filesWith(/\bconsole\.|\b(?:stdout|stderr)\.write\(|process\.std(?:out|err)\b/)).toEqual([
    'cli/terminal.ts',
  ]);
});

test('files that somebody names are opened by one function', () => {
  // The others read lostbit's own files, and what lostbit has made.
  expect(filesWith(/\breadFile\(/)).toEqual([
    'regular-file.ts',
    'source/own-c.ts',
    'toolchain/emscripten-module.ts',
    'toolchain/execute.ts',
    'toolchain/llvm.ts',
  ]);
});

test('what outlives no process is made known before it is made', () => {
  const makers = filesWith(/\brandomUUID\(\)/);
  expect(makers.length).toBeGreaterThan(2);
  expect(filesWith(/\bleftover\(/)).toEqual(expect.arrayContaining(makers));
  expect(filesWith(/\bmkdtemp/)).toEqual([]);
});
