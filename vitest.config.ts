import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that race, or run the whole command line: they need all processors for themselves. */
const loud = [
  'test/cli/**',
  'test/verify/**',
  'test/engine/*.test.ts',
  'test/engine/run/{catalogue,mutants}.test.ts',
].map((glob) => glob.replace(/\*\*$/, '**/*.test.ts'));

export default defineConfig({
  resolve: { alias: { lostbit: fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    globalSetup: ['test/support/dist.ts'],
    env: { NO_COLOR: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'quiet',
          include: ['test/**/*.test.ts'],
          exclude: loud,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'loud', include: loud, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
