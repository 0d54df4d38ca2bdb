// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';

/** What ours may be combined with at run time: each goes with Apache-2.0, which ours may be taken under. */
const compatible = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
]);

interface Installed {
  readonly version?: string;
  readonly path?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

/** Every package that an installation has, by its folder: optional ones that are not there have none. */
function folders(installed: Installed, found = new Set<string>()): Set<string> {
  for (const each of Object.values(installed.dependencies ?? {})) {
    if (each.path !== undefined) {
      found.add(each.path);
    }
    folders(each, found);
  }
  return found;
}

const text = (file: string) => readFileSync(join(root, file), 'utf8');

describe('licences', () => {
  test('of every dependency that an installation has are known and go with ours', () => {
    const listed = execFileSync(
      'npm',
      ['ls', '--all', '--omit=dev', '--omit=optional', '--omit=peer', '--long', '--json'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    const others = [...folders(JSON.parse(listed))].map((folder) =>
      JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    );
    expect(others.map(({ name }) => name)).toContain('binaryen');
    expect(others.length).toBeGreaterThan(20);
    expect(
      others
        .filter(({ license }) => !compatible.has(license))
        .map(({ name, license }) => `${name}: ${license}`),
    ).toEqual([]);
  });

  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n');
  const dual = 'Apache-2.0 OR GPL-2.0-only';

  test('stand in every file, or in REUSE.toml for it', () => {
    const covered = picomatch(
      [...text('REUSE.toml').matchAll(/^path = \[(.*)\]$/gm)].flatMap(([, globs]) =>
        [...globs!.matchAll(/"([^"]+)"/g)].map(([, glob]) => glob!),
      ),
      { dot: true },
    );
    const wrong = files.filter((file) => {
      if (covered(file) || file.startsWith('LICENSES/')) {
        return false;
      }
      const [, named] =
        /^(?:#!.*\n)?(?:\/\/|\/\*|#) SPDX-License-Identifier: ([^*\n]*[^*\s])/.exec(text(file)) ?? [];
      return named !== (/^c-src\/|\.[ch]$/.test(file) ? 'GPL-2.0-only' : dual);
    });
    expect(wrong).toEqual([]);
  });

  test('are those of the package, each with its text', () => {
    expect(JSON.parse(text('package.json')).license).toBe(`(${dual}) AND GPL-2.0-only`);
    expect(text('LICENSES/Apache-2.0.txt')).toContain('Apache License');
    expect(text('LICENSES/GPL-2.0-only.txt')).toContain('GNU GENERAL PUBLIC LICENSE');
  });
});
