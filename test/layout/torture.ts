// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebugInfo } from '../../src/layout/debug-info.js';
import type { StructType } from '../../src/layout/types.js';

/** A file of structs of every kind. */
export const torture = readFileSync(new URL('fixtures/torture.c', import.meta.url), 'utf8');

/** The tags of its structs and unions; `atomics` is apart, for who has read such types. */
export const tags: readonly string[] = [...torture.matchAll(/^USE\(\w+, (\w+)\)$/gm)]
  .map(([, tag]) => tag!)
  .filter((tag) => tag !== 'atomics');

export interface Compiled {
  /** Path of the object file. */
  readonly object: string;
  readonly struct: (tag: string) => StructType;
  /** Removes what was made. */
  readonly close: () => void;
}

/** Compiles C with a compiler of the system to an object. */
export function compileHere(compiler: string, flags: readonly string[], text = torture): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'lostbit-torture-'));
  const source = join(folder, 't.c');
  const object = join(folder, 't.o');
  writeFileSync(source, text);
  execFileSync(compiler, ['-w', '-g', ...flags, '-c', source, '-o', object], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const info = DebugInfo.fromElf(new Uint8Array(readFileSync(object)));
  return {
    object,
    struct: (tag) => info.struct(tag),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
