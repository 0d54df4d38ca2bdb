#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { writeSync } from 'node:fs';

// Nothing else is imported above: where no more files can be opened, not even lostbit's own, that error must still be shown.
try {
  const { supervise } = await import('./supervise.js');
  supervise(new URL('./command.js', import.meta.url));
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const [name, hint] =
    code === 'EMFILE' || code === 'ENFILE'
      ? ['E_RESOURCES', 'raise the limit on open files: ulimit -n 1024']
      : ['E_BROKEN_INSTALL', 'install lostbit again'];
  writeSync(2, `error ${name}: lostbit cannot be loaded: ${message}\n  hint: ${hint}\n`);
  process.exit(2);
}
