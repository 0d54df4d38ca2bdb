// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** From above down, as CONTRIBUTING.md lists them: a folder, or files, to a row. */
const rows = Array.from(
  text('CONTRIBUTING.md').matchAll(/^\| ((?:`(?:src\/[\w.]+|subjects)\/?`(?:, )?)+) +\|/gm),
  ([, row]) => Array.from(row!.matchAll(/`([^`]+)`/g), ([, path]) => path!),
);
// The first table has the C of the subjects.
const order = rows.slice(rows.findIndex((paths) => paths.includes('src/cli/')));

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'subjects', 'assembly'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => /\.(ts|js)$/.test(file));

/** The package's own names, as scenarios import them. */
const packaged: Readonly<Record<string, string>> = {
  lostbit: 'src/index.ts',
  'lostbit/vfio': 'subjects/vfio-pci/index.ts',
};

/** Without lines of comments. */
const code = (source: string) => source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');

/** What a file imports from here, types included. */
const importsOf = (file: string, source: string) =>
  Array.from(code(source).matchAll(/\b(?:from|import)\s*\(?\s*'([^']*)'/g), ([, path]) => path!).flatMap(
    (path) => {
      if (path.startsWith('.')) return [posix.join(posix.dirname(file), path)];
      return packaged[path] ?? [];
    },
  );

const isFolder = (path: string) => path.endsWith('/');

/** Where a file stands: 0 is the top, and what lies in src/ itself is below all but where a row names it. */
function levelOf(file: string): number {
  const named = file.replace(/\.js$/, '.ts');
  const level = order.findIndex((paths) =>
    paths.some((path) => (isFolder(path) ? file.startsWith(path) : path === named)),
  );
  return level < 0 ? order.length : level;
}

const upward = (file: string, source: string) =>
  importsOf(file, source)
    .filter((path) => /^(?:src|subjects)\//.test(path) && levelOf(path) < levelOf(file))
    .map((path) => `${file} imports ${path}`);

describe('imports', () => {
  test('run downward only, in the order of CONTRIBUTING.md', () => {
    const folders = files.flatMap((file) => /^(?:src\/\w+|subjects)\//.exec(file)?.[0] ?? []);
    expect(new Set(order.flat().filter(isFolder))).toEqual(new Set(folders));
    expect(files).toEqual(expect.arrayContaining(order.flat().filter((path) => !isFolder(path))));
    expect(files.flatMap((file) => upward(file, text(file)))).toEqual([]);
  });

  test('that run upward are seen', () => {
    expect(upward('src/layout/types.ts', "import { f } from '../engine/engine.js';")).toHaveLength(1);
    expect(upward('src/verify/judge.ts', "import type { R } from '../report/schema.js';")).toHaveLength(1);
    expect(upward('src/errors.ts', "const x = await import('./layout/types.js');")).toHaveLength(1);
    expect(upward('src/wasm/leb.ts', "import { f } from '../toolchain/build.js';")).toHaveLength(1);
    expect(upward('src/subject/open.ts', "import { f } from '../../subjects/index.js';")).toHaveLength(1);
    expect(upward('subjects/vfio-pci/pci.ts', "import { f } from 'lostbit';")).toHaveLength(1);
    expect(upward('src/verify/judge.ts', "import { f } from '../api.js';")).toHaveLength(1);
    expect(upward('src/api.ts', "import { f } from './cli/main.js';")).toHaveLength(1);
    expect(upward('src/cli/main.ts', "import { f } from '../engine/engine.js';")).toEqual([]);
  });

  test('of lostbit’s own subjects are of what users have, and of files below all folders', () => {
    const ours = files.filter((file) => file.startsWith('subjects/'));
    expect(ours.length).toBeGreaterThan(20);
    const others = ours.flatMap((file) =>
      importsOf(file, text(file)).filter(
        (path) => !/^subjects\/|^src\/(?:subject|scenario)\/|^src\/[\w-]+\.js$/.test(path),
      ),
    );
    expect(others).toEqual([]);
  });

  test('of a single subject are of its own files', () => {
    const strays = files.flatMap((file) => {
      const [own] = /^subjects\/[\w-]+\//.exec(file) ?? [];
      if (own === undefined) return [];
      return importsOf(file, text(file)).filter(
        (path) => path.startsWith('subjects/') && !path.startsWith(own),
      );
    });
    expect(strays).toEqual([]);
    // Where a subject's name stands is one place.
    const naming = files.filter(
      (file) =>
        file.startsWith('src/') &&
        importsOf(file, text(file)).some((path) => /^subjects\/(?!index\.js$)/.test(path)),
    );
    expect(naming).toEqual([]);
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
