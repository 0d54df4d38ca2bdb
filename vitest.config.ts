// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that race real threads, or count on how long something takes: they run alone. */
const loud = [
  'test/cli/{cli,interrupt,package}.test.ts',
  'test/engine/{many-actors,mlx5-races,stress,toolchains}.test.ts',
];

/** Tests over whole kernels' sources, two processors' work for a minute and more: they run last, alone. */
const trees = ['test/tree/*.test.ts'];

/** Tests that stand modules or the environment in for others: each file has a process of its own. */
const apart = [
  'test/toolchain/**/*.test.ts',
  'test/engine/replay/crowded.test.ts',
  'test/report/colours.test.ts',
];

export default defineConfig({
  // The longer name first: each is tried as the beginning of what is imported.
  resolve: {
    alias: {
      'lostbit/vfio': fileURLToPath(new URL('subjects/vfio-pci/index.ts', import.meta.url)),
      lostbit: fileURLToPath(new URL('src/index.ts', import.meta.url)),
    },
  },
  test: {
    globalSetup: ['test/support/dist.ts'],
    setupFiles: ['test/support/seed.ts'],
    env: { NO_COLOR: '1' },
    // Modules are read and rewritten in many small pieces, which soon are garbage: there is room for them.
    execArgv: ['--max-semi-space-size=64'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Files share a process: what one has built, instrumented or read, the next one need not.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'quiet',
          include: ['test/**/*.test.ts'],
          exclude: [...loud, ...apart, ...trees],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'apart', include: apart, isolate: true, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'loud', include: loud, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'trees', include: trees, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
