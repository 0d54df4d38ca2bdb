// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LostbitError } from './errors.js';

let found: string | undefined;

/**
 * The directory of lostbit's own package.json, which c-src/ lies beside. It is searched for upwards because this
 * file runs from src/ and from dist/src/. Throws `E_BROKEN_INSTALL`.
 */
export function packageRoot(): string {
  found ??= search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function search(start: string): string {
  for (let dir = start; ; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && nameIn(manifest) === 'lostbit') return dir;
    if (dirname(dir) === dir) {
      throw new LostbitError('E_BROKEN_INSTALL', `no package.json named 'lostbit' above ${start}`, {
        hint: 'install lostbit again: its C sources are found through its package.json',
      });
    }
  }
}

function nameIn(manifest: string): unknown {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name;
}
