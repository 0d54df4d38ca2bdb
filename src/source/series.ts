// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { mostText, readRegularFile } from '../regular-file.js';
import { treePath } from '../toolchain/tree-path.js';
import { type Patch, parsePatchFile } from './patch.js';

export interface Series {
  /** The directory's name, e.g. `v2`. */
  readonly name: string;
  readonly patches: readonly Patch[];
}

/**
 * Reads a quilt-style series: the file `series` lists patch files in order, one a line, `#` begins a comment.
 * Throws `E_SERIES` for a listed file that is missing, not numbered or out of order, `E_PATCH` for one that is not a patch.
 */
export async function readSeries(dir: string): Promise<Series> {
  const list = await readListed(join(dir, 'series'), `${printable(dir)} is not a patch series`);
  const names = list
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  const patches = await Promise.all(
    names.map(async (name) => {
      const path = join(dir, treePath(name, `${printable(dir)}/series`, 'E_SERIES'));
      return parsePatchFile(name, await readListed(path, `${printable(dir)}/series lists '${name}'`));
    }),
  );
  patches.forEach((patch, i) => {
    const before = patches[i - 1];
    if (before && before.number >= patch.number) {
      throw new LostbitError(
        'E_SERIES',
        `${printable(dir)}/series: '${patch.name}' comes after '${before.name}'`,
        {
          hint: 'list the patches in the order of their numbers, each number once',
        },
      );
    }
  });
  return { name: basename(dir), patches };
}

/** The names of the directories in `dir` that hold a series, sorted; none where there is no such directory. */
export async function seriesNames(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => existsSync(join(dir, name, 'series'))).sort();
}

async function readListed(path: string, complaint: string): Promise<string> {
  try {
    return (await readRegularFile(path, 'E_SERIES', mostText)).toString('utf8');
  } catch (cause) {
    throw new LostbitError('E_SERIES', `${complaint}, but ${(cause as Error).message}`, {}, cause);
  }
}
