// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished, vi } from 'vitest';
import type { CompileOptions, FileTree } from '../../src/toolchain/types.js';

export const FINE: CompileOptions = { bitfieldAccess: 'fine', optimize: '2' };
export const WIDE: CompileOptions = { bitfieldAccess: 'wide', optimize: '2' };

/** Two units and a header: twelve flags in one run, data, and a call from one unit to the other. */
export const SAMPLE: FileTree = new Map([
  [
    'include/linux/flags.h',
    [
      'struct flags {',
      ...Array.from({ length: 12 }, (_, i) => `  unsigned f${i} : 1;`),
      '};',
      'int next(void);',
      '',
    ].join('\n'),
  ],
  [
    'vfio/pci/flags.c',
    [
      '#include <linux/flags.h>',
      '__attribute__((export_name("set"))) void set(struct flags *f) { f->f10 = 1; }',
      '__attribute__((export_name("twice"))) int twice(void) { return 2 * next(); }',
      '',
    ].join('\n'),
  ],
  ['kernel/next.c', '#include <linux/flags.h>\nstatic int last = 20;\nint next(void) { return ++last; }\n'],
]);

/** Takes far longer to compile than anything else here: about a second for a thousand functions. */
export function slowUnit(functions: number): string {
  return Array.from(
    { length: functions },
    (_, i) => `int f${i}(int *p, int n) { for (int i = 0; i < n; i++) p[i] += n * i; return p[n]; }`,
  ).join('\n');
}

/** The tree with files replaced, added, or (null) taken away. */
export function changed(tree: FileTree, changes: Record<string, string | null>): FileTree {
  const copy = new Map(tree);
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) copy.delete(path);
    else copy.set(path, text);
  }
  return copy;
}

async function temporary(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-test-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** A cache of the test's own, empty. */
export async function ownCache(): Promise<string> {
  const { dir, remove } = await temporary();
  vi.stubEnv('LOSTBIT_CACHE', dir);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await remove();
  });
  return dir;
}

/** A cache that the tests of a file share. */
export function sharedCache(): void {
  let made: Awaited<ReturnType<typeof temporary>>;
  beforeAll(async () => {
    made = await temporary();
    process.env.LOSTBIT_CACHE = made.dir;
  });
  afterAll(async () => {
    delete process.env.LOSTBIT_CACHE;
    await made.remove();
  });
}
