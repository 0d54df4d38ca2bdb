// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LostbitError } from '../errors.js';
import { leftover } from '../leftovers.js';
import { makeDirectory } from '../make-directory.js';
import { printable } from '../printable.js';
import { toolchainOver } from './backend.js';
import { Cache } from './cache.js';
import { type Emscripten, emccBackend, locateEmcc } from './emcc.js';
import { declarations, GLUE_PRELUDE, IMPORTS, wrapper } from './emscripten-text.js';
import { execute, inTemporaryDirectory, writeTree } from './execute.js';
import { MEMORY_BYTES } from './flags.js';
import { bytesOf, compileUnits, unitsOf } from './objects.js';
import type { CompileOptions, Program } from './types.js';

const LINK_FLAGS = [
  '-O2',
  '-g',
  '--no-entry',
  '-sMODULARIZE',
  '-sEXPORT_ES6',
  '-sENVIRONMENT=node',
  // Handlers of uncaught errors are the application's business.
  '-sNODEJS_CATCH_EXIT=0',
  '-sNODEJS_CATCH_REJECTION=0',
  '-sWASM_BIGINT',
  '-sIMPORTED_MEMORY=1',
  `-sINITIAL_MEMORY=${MEMORY_BYTES}`,
  // 3.1.6 knows shared memory only together with its own threads; its C library is built without atomics.
  '-Wl,--shared-memory,--no-check-features,--export=__wasm_init_tls',
];

/**
 * Writes Emscripten's own ES module of a source into `dir`: `<baseName>.mjs`, whose default export is the factory, its
 * types `.d.mts`, Emscripten's glue `.glue.mjs` and the `.wasm`. Returns their paths, the `.mjs` first. Nothing is
 * written unless all of it can be. Throws `E_NO_TOOLCHAIN`, `E_COMPILE`, `E_LINK`.
 */
export async function emitEmscriptenModule(
  program: Program,
  options: CompileOptions,
  dir: string,
  baseName: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const sdk = await locateEmcc();
  const { glue, wasm } = await linkWithGlue(await objectsOf(program, options, sdk, signal), sdk, signal);
  const files = new Map<string, string | Uint8Array>([
    [`${baseName}.wasm`, wasm],
    // Later releases find their own way to require().
    [`${baseName}.glue.mjs`, glue.includes('createRequire') ? glue : GLUE_PRELUDE + glue],
    [`${baseName}.d.mts`, declarations(wasm, glue)],
    [`${baseName}.mjs`, wrapper(baseName)],
  ]);
  await writeTogether(dir, files);
  return [...files.keys()].reverse().map((name) => join(dir, name));
}

async function objectsOf(
  program: Program,
  options: CompileOptions,
  sdk: Emscripten,
  signal?: AbortSignal,
): Promise<Map<string, Uint8Array>> {
  const toolchain = toolchainOver(emccBackend(sdk));
  const units = unitsOf(program, toolchain, options);
  // An unwritable cache only costs time.
  const cache = new Cache(() => {});
  return bytesOf(await compileUnits(units, program.tree, toolchain, cache, { signal }));
}

function linkWithGlue(
  objects: ReadonlyMap<string, Uint8Array>,
  { version, programs }: Emscripten,
  signal?: AbortSignal,
): Promise<{ glue: string; wasm: Uint8Array }> {
  return inTemporaryDirectory(async (work) => {
    await writeTree(work, new Map<string, string | Uint8Array>([...objects, ['imports.js', IMPORTS]]));
    // Emscripten runs parts of itself in Node, and need not find one on PATH.
    const env = { ...programs.clang.env, EM_NODE_JS: process.execPath, TMPDIR: work };
    const args = [...LINK_FLAGS, '--js-library', 'imports.js', ...objects.keys(), '-o', 'module.mjs'];
    const ran = await execute({ ...programs.clang, env }, args, {
      scratch: work,
      ...(signal ? { signal } : {}),
    });
    if (ran.status !== 0) {
      throw new LostbitError(
        'E_LINK',
        `the Emscripten module does not link (${version}):\n${ran.stderr.trimEnd()}`,
      );
    }
    return {
      glue: await readFile(join(work, 'module.mjs'), 'utf8'),
      wasm: await readFile(join(work, 'module.wasm')),
    };
  });
}

/** Writes beside the place and renames, in order: the last file is there only when all others are. */
async function writeTogether(dir: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const staging = join(dir, `.lostbit-${randomUUID()}`);
  const gone = leftover(staging);
  try {
    await makeDirectory(dir)
      .then(() => mkdir(staging))
      .catch((error: Error) => {
        throw new LostbitError(
          'E_WRITE',
          `cannot write to ${printable(dir)}: ${printable(error.message)}`,
          {},
          error,
        );
      });
    for (const [name, content] of files) await writeFile(join(staging, name), content);
    for (const name of files.keys()) await rename(join(staging, name), join(dir, name));
  } finally {
    await rm(staging, { recursive: true, force: true });
    gone();
  }
}
