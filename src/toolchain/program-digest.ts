// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../package-root.js';
import { sha256 } from './cache.js';

let digest: string | undefined;

/**
 * A digest of this program and its C, by its version and by when each file was last changed: any change may change what is found out.
 * Of what npm installs all files are of one time.
 */
export function programDigest(): string {
  if (digest === undefined) {
    const roots = [fileURLToPath(new URL('..', import.meta.url)), join(packageRoot(), 'c-src')];
    const files = roots.flatMap((root) =>
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && !file.name.endsWith('.d.ts') && !file.name.endsWith('.map'))
        .map((file) => join(file.parentPath, file.name))
        .sort()
        .map((file) => {
          const { size, mtimeMs } = statSync(file);
          return [file, size, mtimeMs];
        }),
    );
    const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
      version: string;
    };
    digest = sha256(JSON.stringify([version, files]));
  }
  return digest;
}
