// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { fetchDebianTree, type TreeName, treeNames } from './trees.js';

// npx jiti test/tree/fetch.ts [6.12.95 …]
//
// Fetches what tests want of Debian's kernels: all of them, or those that are named. Ends with 1 where one cannot be had.

const names = process.argv.slice(2);
const strange = names.filter((name) => !(treeNames as string[]).includes(name));
if (strange.length > 0) {
  console.error(`there is no ${strange.join(', ')}: there are ${treeNames.join(', ')}`);
  process.exit(2);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));

const { isTTY } = process.stderr;
/** On a terminal the last line is written over; elsewhere each one is a line, now and then. */
function progressOf(name: string): (text: string) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (isTTY) process.stderr.write(`\r\x1b[K${name}: ${text}`);
    else if (performance.now() - told > 10_000 || text.startsWith('unpacking')) {
      told = performance.now();
      console.error(`${name}: ${text}`);
    }
  };
}

/** Downloading waits for the network, unpacking for the processors: two at a time. */
const left = names.length > 0 ? (names as TreeName[]) : [...treeNames];
const worker = async () => {
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const found = await fetchDebianTree(name, progressOf(name), interrupted.signal);
    if (isTTY) process.stderr.write('\r\x1b[K');
    if ('dir' in found) console.log(`${name}: ${found.dir}`);
    else {
      console.log(`skipped: ${found.missing}`);
      process.exitCode = 1;
    }
  }
};
try {
  await Promise.all([worker(), worker()]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 130;
}
