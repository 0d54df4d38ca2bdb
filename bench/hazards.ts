// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import { listToolchains } from '../src/toolchain/find.js';
import { debianTree } from '../test/tree/trees.js';

/** Files that are looked through for hazards, with nothing in the cache and again with everything in it. */
export interface HazardRow {
  readonly name: string;
  readonly units: number;
  /** Pairs with writers that nothing is known to keep apart. */
  readonly pairs: number;
  /** From the start of the process to its end. */
  readonly seconds: number;
}

const version = '6.12.117';
const asked = [['drivers/usb/core/hub.c'], ['drivers/mmc/core']];

/** In brief: a file of our own alone. */
export async function benchHazards(progress: (what: string) => void, brief: boolean): Promise<HazardRow[]> {
  const found = debianTree(version);
  const tree = brief || 'missing' in found ? null : found.dir;
  const ofTree = asked.filter(
    (paths) => tree !== null && paths.every((path) => existsSync(join(tree, path))),
  );
  const jobs = [
    { name: 'examples/port/port.c', args: ['examples/port/port.c'] },
    ...ofTree.map((paths) => ({
      name: `${paths.join(' ')}, ${version}`,
      args: [...paths, '--linux', tree!],
    })),
  ];
  const known = (await listToolchains()).flatMap(({ name, version }) => (version === null ? [] : [name]));
  const toolchains = brief ? ['llvm'] : known.filter((name) => name !== 'emcc');
  const rows: HazardRow[] = [];
  for (const { name, args } of jobs)
    for (const toolchain of toolchains) {
      const cache = await mkdtemp(join(tmpdir(), 'lostbit-bench-'));
      const env = brief ? process.env : { ...process.env, LOSTBIT_CACHE: cache };
      for (const how of brief ? ['warm'] : ['cold', 'warm']) {
        progress(`hazards of ${name}, ${toolchain}, ${how}`);
        const started = performance.now();
        const { stdout, status, stderr } = spawnSync(
          process.execPath,
          ['dist/src/cli/main.js', 'hazards', ...args, '--toolchain', toolchain, '--json', '-', '--quiet'],
          { cwd: packageRoot(), env, encoding: 'utf8', maxBuffer: 2 ** 28 },
        );
        const seconds = (performance.now() - started) / 1000;
        if (status !== 0) throw new Error(`lostbit hazards ended with ${status}: ${stderr}`);
        const { units, pairs } = JSON.parse(stdout) as { units: number; pairs: readonly unknown[] };
        rows.push({ name: `${name}, ${toolchain}, ${how}`, units, pairs: pairs.length, seconds });
      }
      await rm(cache, { recursive: true });
    }
  return rows;
}
