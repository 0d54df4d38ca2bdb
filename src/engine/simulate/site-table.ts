// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { CodeMap } from '../../layout/code-map.js';
import { memoized } from '../../memoized.js';
import { allocatorFiles } from '../instrument/allocator.js';
import { sitesOf } from '../instrument/sites.js';
import { loadScheduler } from './scheduler-module.js';

/**
 * What the scheduler has to know of a module's accesses, by their numbers: the bytes that they read and make something
 * of, and whether they are the allocator's own, which may touch what it has not given out.
 */
export const siteTable = memoized((module: Uint8Array): Uint16Array => {
  const codeMap = CodeMap.fromWasm(module);
  const spared = loadScheduler().constant('Site_SPARED');
  return Uint16Array.from(sitesOf(module), ({ meant, functionIndex }) => {
    const isSpared = allocatorFiles.includes(codeMap.fileOf(functionIndex));
    return meant | (isSpared ? spared : 0);
  });
});
