// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';

/** The matrix, as `npm start` makes it: with nothing in the cache, and again with everything in it. */
export interface MatrixRow {
  readonly name: string;
  readonly cells: number;
  /** Cells that came out as expected. */
  readonly agreeing: number;
  /** From the start of the process to its end. */
  readonly seconds: number;
}

/** In brief: one cell, with what is kept. */
export async function benchMatrix(progress: (what: string) => void, brief: boolean): Promise<MatrixRow[]> {
  const what = brief ? ['--stage', 'base', '--scenario', 'broken-intx-is-not-used'] : [];
  return coldAndWarm([...what, '--time-budget', '6s'], (how) => progress(`matrix, ${how}`), brief);
}

/** `lostbit verify` with a cache of its own, and again with what that has then; in brief once, with the user's. */
export async function coldAndWarm(
  args: readonly string[],
  progress: (how: string) => void,
  brief: boolean,
): Promise<MatrixRow[]> {
  const cache = await mkdtemp(join(tmpdir(), 'lostbit-bench-'));
  const env = brief ? process.env : { ...process.env, LOSTBIT_CACHE: cache };
  try {
    return (brief ? ['warm'] : ['cold', 'warm']).map((name) => {
      progress(name);
      const started = performance.now();
      const { stdout, status, stderr } = spawnSync(
        process.execPath,
        ['dist/src/cli/main.js', 'verify', ...args, '--json', '-', '--quiet'],
        { cwd: packageRoot(), env, encoding: 'utf8', maxBuffer: 2 ** 28 },
      );
      const seconds = (performance.now() - started) / 1000;
      // 1: a cell is not as expected, which is counted.
      if (status !== 0 && status !== 1) throw new Error(`lostbit verify ended with ${status}: ${stderr}`);
      const { results } = JSON.parse(stdout) as { results: readonly { agreement: string }[] };
      const agreeing = results.filter(({ agreement }) => agreement === 'agrees').length;
      return { name, cells: results.length, agreeing, seconds };
    });
  } finally {
    await rm(cache, { recursive: true });
  }
}
