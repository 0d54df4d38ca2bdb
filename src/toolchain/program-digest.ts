// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from './cache.js';

let digest: string | undefined;

/** A digest of this program's code: any change in it may change what it finds out. */
export function programDigest(): string {
  if (digest === undefined) {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.d.ts'))
      .sort()
      .map((file) => [file, sha256(readFileSync(join(root, file)))]);
    digest = sha256(JSON.stringify(files));
  }
  return digest;
}
