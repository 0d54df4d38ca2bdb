// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');
/** The folders of src/, from above down, as CONTRIBUTING.md lists them. */
const folders = Array.from(text('CONTRIBUTING.md').matchAll(/^\| `src\/(\w+)\/`/gm), ([, folder]) => folder!);
const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'assembly'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => /\.(ts|js)$/.test(file));

/** What a file imports from here, types included. */
const importsOf = (file: string, source: string) =>
  Array.from(source.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']*)'/g), ([, path]) =>
    posix.join(posix.dirname(file), path!),
  );

/** Where a file stands: 0 is the top, and what lies in src/ itself is below all. */
function levelOf(file: string): number {
  const [, folder] = /^src\/(\w+)\//.exec(file) ?? [];
  return folder === undefined ? folders.length : folders.indexOf(folder);
}

const upward = (file: string, source: string) =>
  importsOf(file, source)
    .filter((path) => path.startsWith('src/') && levelOf(path) < levelOf(file))
    .map((path) => `${file} imports ${path}`);

describe('imports', () => {
  test('run downward only, in the order of CONTRIBUTING.md', () => {
    expect(new Set(folders)).toEqual(new Set(files.flatMap((file) => /^src\/(\w+)\//.exec(file)?.[1] ?? [])));
    // What the package exports stands above all of it.
    const exported = ['src/index.ts', 'src/api.ts', 'src/language.ts'];
    const inside = files.filter((file) => !exported.includes(file) && file.startsWith('src/'));
    expect(inside.flatMap((file) => upward(file, text(file)))).toEqual([]);
  });

  test('that run upward are seen', () => {
    expect(upward('src/layout/types.ts', "import { f } from '../engine/engine.js';")).toHaveLength(1);
    expect(upward('src/verify/judge.ts', "import type { Report } from '../report/schema.js';")).toHaveLength(
      1,
    );
    expect(upward('src/errors.ts', "const x = await import('./layout/types.js');")).toHaveLength(1);
    expect(upward('src/cli/main.ts', "import { f } from '../engine/engine.js';")).toEqual([]);
  });

  test('of the scheduler stay in it', () => {
    const scheduler = files.filter((file) => file.startsWith('assembly/'));
    expect(scheduler.length).toBeGreaterThan(10);
    expect(
      scheduler
        .flatMap((file) => importsOf(file, text(file)))
        .filter((path) => !path.startsWith('assembly/')),
    ).toEqual([]);
  });
});
