// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModule } from '../src/toolchain/build.js';
import { listToolchains, openToolchain } from '../src/toolchain/find.js';
import { programAt } from './build-stages.js';

/** Building a stage: from nothing, the next stage after it, and again with all in the cache. */
export interface BuildRow {
  readonly name: string;
  readonly compiled: number;
  readonly seconds: number;
}

/**
 * Every toolchain that is there, each with a cache of its own; the compiler's start is part of it. In brief: one, with what
 * is kept.
 */
export async function benchBuilds(progress: (what: string) => void, brief: boolean): Promise<BuildRow[]> {
  const before = process.env.LOSTBIT_CACHE;
  const rows: BuildRow[] = [];
  try {
    for (const { name, version } of await listToolchains()) {
      if (version === null || (brief && name !== 'llvm')) continue;
      const cache = await mkdtemp(join(tmpdir(), 'lostbit-bench-'));
      if (!brief) process.env.LOSTBIT_CACHE = cache;
      try {
        for (const [what, stage] of [
          ['cold, base', 'base'],
          ['then p3', 'p3'],
          ['warm, base', 'base'],
        ] as const) {
          if (brief && stage !== 'base') continue;
          progress(`${name} ${what}`);
          const started = performance.now();
          const toolchain = await openToolchain(name);
          const program = await programAt({ subject: 'vfio-pci', stage: stage });
          const { compiled } = await buildModule(program, toolchain, {
            bitfieldAccess: 'fine',
            optimize: '2',
          });
          await toolchain.close();
          rows.push({ name: `${name} ${what}`, compiled, seconds: (performance.now() - started) / 1000 });
        }
      } finally {
        await rm(cache, { recursive: true });
      }
    }
  } finally {
    if (before === undefined) delete process.env.LOSTBIT_CACHE;
    else process.env.LOSTBIT_CACHE = before;
  }
  return rows;
}
