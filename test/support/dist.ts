// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** When a file, or the newest file in a folder, was written; 0 where there is none. */
function written(path: string): number {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return stats?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(join(root, path)).map((name) => written(join(path, name))));
}

/** Builds what of dist/ is older than its sources: the scheduler's module, and the command line, which some tests start. */
export default function setup(): void {
  for (const { output, sources, command } of [
    {
      output: 'dist/assembly/scheduler.wasm',
      sources: ['assembly', 'asconfig.json', 'package-lock.json'],
      command: ['node_modules/assemblyscript/bin/asc.js', '--config', 'asconfig.json'],
    },
    {
      output: 'dist/src/cli/main.js',
      sources: ['src', 'subjects', 'bench', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
      command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    },
  ])
    if (Math.max(...sources.map(written)) > written(output))
      execFileSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
}
