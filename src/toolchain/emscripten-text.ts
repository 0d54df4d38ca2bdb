// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { MEMORY_BYTES } from './flags.js';
import { exportedFunctions, type Signature } from './signatures.js';

const PAGE_BYTES = 65536;

/** What the glue takes for granted and an ES module does not have, put in front of it. */
export const GLUE_PRELUDE = `import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = fileURLToPath(import.meta.url);
const __dirname = dirname(__filename);
`;

/** What a module imports beside its memory, for Emscripten to link: here nobody asks for call stacks. */
export const IMPORTS = `mergeInto(LibraryManager.library, {
  stub_backtrace: function (address, room) {
    return 0;
  },
});
`;

/** The module to import: gives the factory the two things the glue cannot get for itself. */
export function wrapper(baseName: string): string {
  const pages = MEMORY_BYTES / PAGE_BYTES;
  return `import { readFileSync } from 'node:fs';
import create from './${baseName}.glue.mjs';

const wasmBinary = readFileSync(new URL('./${baseName}.wasm', import.meta.url));

/** Instantiates the module, over a shared memory of its own unless one is given. */
export default (overrides = {}) =>
  create({
    wasmBinary,
    wasmMemory: new WebAssembly.Memory({ initial: ${pages}, maximum: ${pages}, shared: true }),
    ...overrides,
  });
`;
}

/** The factory's type: every exported function the glue hands on, with its parameters. */
export function declarations(wasm: Uint8Array, glue: string): string {
  const handedOn = new Set([...glue.matchAll(/Module\[["'](\w+)["']\]/g)].map((match) => match[1]));
  const methods = exportedFunctions(wasm).flatMap((signature) => {
    const property = [`_${signature.name}`, signature.name].find((name) => handedOn.has(name));
    return property === undefined ? [] : [`  ${property}${typeOf(signature)};`];
  });
  return `/// <reference types="emscripten" />

interface StageModule extends EmscriptenModule {
  /** Shared, ${MEMORY_BYTES} bytes; give one to the factory to put several instances over it. */
  wasmMemory: WebAssembly.Memory;
  /** Not there: the stub kernel brings its own allocator. */
  _malloc: never;
  /** Not there. */
  _free: never;
${methods.join('\n')}
}

declare const create: EmscriptenModuleFactory<StageModule>;
export default create;
`;
}

function typeOf({ params, results }: Signature): string {
  const list = params.map((type, i) => `p${i}: ${inTypeScript(type)}`);
  return `(${list.join(', ')}): ${results[0] === undefined ? 'void' : inTypeScript(results[0])}`;
}

function inTypeScript(type: string): string {
  if (type === 'i64') return 'bigint';
  return type === 'other' ? 'unknown' : 'number';
}
