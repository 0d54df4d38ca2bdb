// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds dist/ before the tests: the scheduler's module, and the command line, which some run as a user does. */
export default function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const [program, ...options] of [
    ['node_modules/assemblyscript/bin/asc.js', '--config', 'asconfig.json'],
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ] as const)
    execFileSync(process.execPath, [program, ...options], { cwd: root, stdio: 'inherit' });
}
