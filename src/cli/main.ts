#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ExitStatus } from '../errors.js';
import { execute } from './program.js';

// Who reads only the first lines has what they wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`cannot write the output: ${error.message}\n`);
  process.exit(ExitStatus.refused);
});

process.exitCode = await execute(process.argv.slice(2));

// A scenario file may have left a timer or a server behind; the command is over all the same.
process.stdout.write('', () => process.exit());
