// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../layout/code-map.js';
import { memoized } from '../../memoized.js';
import { ownPath } from '../../source/own-path.js';
import { allocatorUnits } from '../../source/units-apart.js';
import { sitesOf } from '../instrument/sites.js';
import { loadScheduler } from './scheduler-module.js';

/**
 * What the scheduler has to know of a module's accesses, by their numbers: the bytes that they read and use, and whether
 * they are the allocator's own, which may touch memory that is not allocated.
 */
export const siteTable = memoized((module: Uint8Array): Uint16Array => {
  const codeMap = CodeMap.fromWasm(module);
  const excluded = loadScheduler().constant('Site_EXCLUDED');
  return Uint16Array.from(sitesOf(module), ({ meant, functionIndex }) => {
    const isAllocators = allocatorUnits.includes(ownPath(codeMap.fileOf(functionIndex)));
    return meant | (isAllocators ? excluded : 0);
  });
});
