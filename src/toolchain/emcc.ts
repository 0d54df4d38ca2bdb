// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LostbitError } from '../errors.js';
import type { Backend } from './backend.js';
import { cacheRoot } from './cache.js';
import { execute, isExecutable, onPath, type PlaceFiles, type Program, runJob } from './execute.js';
import { FileStore } from './file-store.js';
import { llvmBackend, locateLlvm } from './llvm.js';
import { compilerSlots } from './slots.js';

/** An Emscripten SDK: its compiler driver, and the linker of the LLVM it brings; null: npm's, since that one is too old. */
export interface Emscripten {
  readonly version: string;
  readonly where: string;
  readonly programs: { readonly clang: Program; readonly 'wasm-ld': Program | null };
}

/** The first release whose linker can keep relocations of symbols that it defines itself; others crash. */
const FIRST_LINKER = 18;

/** What npm's `emsdk` package says about the SDK it has downloaded. */
interface EmsdkPackage {
  isInstalled(): boolean;
  emccPath(): string;
  env(): Record<string, string | undefined>;
}

/** Finds the SDK by EMSDK, then PATH, then npm's `emsdk` package. Throws `E_NO_TOOLCHAIN`. */
export async function locateEmcc(): Promise<Emscripten> {
  const looked: string[] = [];
  for (const look of [inEmsdkVariable, onSearchPath, inEmsdkPackage]) {
    const found = look();
    if (typeof found === 'string') {
      looked.push(found);
      continue;
    }
    const sdk = await inspect(found);
    if (typeof sdk !== 'string') return sdk;
    looked.push(sdk);
  }
  throw new LostbitError('E_NO_TOOLCHAIN', ["toolchain 'emcc': no Emscripten SDK", ...looked].join('\n  '), {
    hint: 'install Emscripten and set EMSDK, or apt-get install emscripten, or npm install emsdk; or use --toolchain llvm',
  });
}

/** Emscripten's emcc, and its wasm-ld or npm's. */
export function emccBackend({ version, programs }: Emscripten): Backend {
  const { clang, 'wasm-ld': linker } = programs;
  const npms = linker === null ? llvmBackend({ version }) : null;
  const own = { clang, 'wasm-ld': linker ?? clang };
  const store = new FileStore();
  const place: PlaceFiles = (dir, files) => store.place(dir, files);
  return {
    name: 'emcc',
    version,
    capabilities: { emscriptenModule: true },
    run: (job, signal) =>
      npms !== null && job.tool === 'wasm-ld'
        ? npms.run(job, signal)
        : compilerSlots.run(() => runJob(own, job, signal, place), signal),
    close: async () => {
      await Promise.all([npms?.close(), store.close()]);
    },
  };
}

// Each of these gives an emcc, or a text that says where there is none.

function inEmsdkVariable(): Program | string {
  const root = process.env.EMSDK;
  if (!root) return 'EMSDK is not set';
  const path = join(root, 'upstream', 'emscripten', 'emcc');
  return isExecutable(path) ? { path } : `EMSDK is set, but there is no ${path}`;
}

function onSearchPath(): Program | string {
  const path = onPath('emcc');
  return path === undefined ? 'no emcc on PATH' : { path };
}

function inEmsdkPackage(): Program | string {
  for (const from of [join(process.cwd(), 'from-here.js'), import.meta.url]) {
    const require = createRequire(from);
    try {
      const emsdk = require('emsdk') as EmsdkPackage;
      if (!emsdk.isInstalled()) return 'the npm package emsdk is there, but its download is not';
      const { EMSDK = '', EM_CONFIG = '', PATH = '' } = emsdk.env();
      return { path: emsdk.emccPath(), env: { EMSDK, EM_CONFIG, PATH } };
    } catch {
      // Not from here.
    }
  }
  return "no npm package 'emsdk' here or beside lostbit";
}

/** Asks emcc for its version and its LLVM; a string is the reason why it cannot be used. */
async function inspect(emcc: Program): Promise<Emscripten | string> {
  const program = { ...emcc, env: { ...emcc.env, ...(await ownCache(emcc.path)) } };
  const { stdout, stderr } = await execute(program, ['-v']);
  const output = stdout + stderr;
  const version = /^emcc .* (\d+\.\d+\.\d+)/m.exec(output)?.[1];
  const llvm = /clang version ((\d+)\S*)/.exec(output);
  const bin = /^InstalledDir: (.+)$/m.exec(output)?.[1];
  if (version === undefined || !llvm || bin === undefined)
    return `${emcc.path} -v says neither its version nor its LLVM`;
  const linker = [`wasm-ld-${llvm[2]}`, 'wasm-ld'].map((name) => join(bin, name)).find(isExecutable);
  if (linker === undefined) return `${emcc.path} has no wasm-ld in ${bin}`;
  const npms = Number(llvm[2]) < FIRST_LINKER ? await locateLlvm() : null;
  return {
    version: `emcc ${version} (clang ${llvm[1]}${npms === null ? '' : `, linked by ${npms.version}`})`,
    where: emcc.path,
    programs: { clang: program, 'wasm-ld': npms === null ? { path: linker } : null },
  };
}

/** An SDK that only its owner can write to builds its libraries in our cache directory instead. */
async function ownCache(emcc: string): Promise<Record<string, string>> {
  if (process.env.EM_CACHE) return {};
  const itsOwn = join(dirname(emcc), 'cache');
  const usable = await access(itsOwn, constants.W_OK).then(
    () => true,
    // Distributions keep a finished, frozen cache elsewhere: nothing is ever written to it.
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
  return usable ? {} : { EM_CACHE: join(cacheRoot(), 'emscripten') };
}
