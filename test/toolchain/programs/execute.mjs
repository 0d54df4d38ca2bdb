// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Runs a script of the shell in a temporary directory, whose name it prints.
import { execute, inTemporaryDirectory } from '../../../dist/src/toolchain/execute.js';

await inTemporaryDirectory(async (scratch) => {
  process.stdout.write(scratch);
  await execute({ path: '/bin/sh' }, ['-c', process.argv[2] ?? ''], { scratch });
});
