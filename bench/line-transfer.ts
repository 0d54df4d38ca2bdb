// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../src/package-root.js';

const execute = promisify(execFile);

/**
 * Measures how many nanoseconds a cache line takes between the first two processors; a sample of a race needs
 * at least one such transfer. `null` without gcc.
 */
export async function withLineTransfer<T>(
  turns: number,
  work: (measure: () => Promise<number | null>) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'lostbit-transfer-'));
  try {
    const program = join(dir, 'transfer');
    const source = join(packageRoot(), 'bench/transfer.c');
    const there = await execute('gcc', ['-O2', '-pthread', source, '-o', program]).catch(() => null);
    return await work(async () =>
      there === null ? null : Number((await execute(program, [String(turns)])).stdout),
    );
  } finally {
    await rm(dir, { recursive: true });
  }
}
