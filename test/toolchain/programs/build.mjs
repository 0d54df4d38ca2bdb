// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Builds a tree, prints what came from the cache and what did not, and may stay.
// usage: build.mjs TREE.json TOOLCHAIN [stay]
import { readFileSync } from 'node:fs';
import { buildModule } from '../../../dist/src/toolchain/build.js';
import { openToolchain } from '../../../dist/src/toolchain/find.js';

const [file = '', name, stay] = process.argv.slice(2);
const tree = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
const toolchain = await openToolchain(
  /** @type {import('../../../src/toolchain/types.js').ToolchainName} */ (name),
);
const { key, cached, compiled } = await buildModule(
  tree,
  toolchain,
  { bitfieldAccess: 'fine', optimize: '2' },
  { diagnostics: (text) => process.stderr.write(text) },
);
console.log(JSON.stringify({ key, cached, compiled }));
// An idle toolchain is left open on purpose: it must not keep the process.
if (stay) setInterval(() => {}, 1000);
