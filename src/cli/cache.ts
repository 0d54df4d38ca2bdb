// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Command } from 'commander';
import { printable } from '../printable.js';
import { grouped } from '../report/grouped.js';
import { cacheInfo, clearCache } from '../toolchain/cache.js';
import { print } from './terminal.js';

export function cacheCommand(command: Command): Command {
  const cache = command
    .command('cache')
    .summary('show or clear the cache of compiled code')
    .description(
      'Shows where compiled code is kept, and how much of it. Above 2 GiB, the least recently used entries are removed first.\n' +
        'LOSTBIT_CACHE names another directory.',
    )
    .action(async () => {
      const { dir, bytes, bound } = await cacheInfo();
      print(`${printable(dir)}: ${grouped(bytes)} bytes of at most ${grouped(bound)}`);
    });
  cache
    .command('clear')
    .description('Removes all that is kept.')
    .action(async () => {
      const { dir, bytes } = await clearCache();
      print(`cleared ${printable(dir)}: ${grouped(bytes)} bytes`);
    });
  return cache;
}
