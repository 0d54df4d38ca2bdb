// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Builds a tree with npm's LLVM, prints what came from the cache and what did not, and may stay.
// usage: build.mjs TREE.json [stay]
import { readFileSync } from 'node:fs';
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url);
/** @type {typeof import('../../../src/toolchain/find.js')} */
const { openToolchain } = await jiti.import('../../../src/toolchain/find.ts');
/** @type {typeof import('../../../src/toolchain/build.js')} */
const { buildModule } = await jiti.import('../../../src/toolchain/build.ts');

const [file = '', stay] = process.argv.slice(2);
const tree = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
const toolchain = await openToolchain('llvm');
const { key, cached, compiled } = await buildModule(
  tree,
  toolchain,
  { bitfieldAccess: 'fine', optimize: '2' },
  { diagnostics: (text) => process.stderr.write(text) },
);
console.log(JSON.stringify({ key, cached, compiled }));
// An idle toolchain is left open on purpose: it must not keep the process.
if (stay) setInterval(() => {}, 1000);
