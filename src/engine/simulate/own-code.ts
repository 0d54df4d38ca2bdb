// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { sha256 } from '../../toolchain/cache.js';

/** The code that decides how a module is instrumented: whole folders, since a finer list would easily be wrong. */
const folders = ['.', '../instrument', '../../layout', '../../machine', '../../wasm'];

let known: string | undefined;

/** A digest of the code that instruments modules: with another one, the same module may be instrumented differently. */
export function ownCode(): string {
  known ??= sha256(folders.flatMap(digests).join());
  return known;
}

function digests(folder: string): string[] {
  const url = new URL(`${folder}/`, import.meta.url);
  const all = readdirSync(url, { recursive: true, encoding: 'utf8' }).sort();
  const code = all.filter((path) => /(?<!\.d)\.[jt]s$/.test(path));
  return code.map((path) => sha256(readFileSync(new URL(path, url))));
}
