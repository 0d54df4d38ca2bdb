// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Puts entries of one megabyte into the cache until it is killed.
import { createJiti } from 'jiti';

/** @type {typeof import('../../../src/toolchain/cache.js')} */
const { Cache } = await createJiti(import.meta.url).import('../../../src/toolchain/cache.ts');
const cache = new Cache((text) => process.stderr.write(text));
for (let i = 0; ; i++) {
  const bytes = new Uint8Array(1 << 20).fill(i);
  await cache.put(`lowered:${i % 50}`, { bytes, diagnostics: String(i) });
  if (i === 0) console.log('started');
}
