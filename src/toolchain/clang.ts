// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LostbitError } from '../errors.js';
import type { Backend } from './backend.js';
import { isExecutable, onPath, type PlaceFiles, type Program, runJob } from './execute.js';
import { FileStore } from './file-store.js';
import { printedBy } from './printed.js';
import { compilerSlots } from './slots.js';

/** The oldest release whose code and DWARF are held to the same tests as the other toolchains'. */
const OLDEST = 19;
const NEWEST = 22;

interface Clang {
  readonly version: string;
  readonly where: string;
  readonly programs: { readonly clang: Program; readonly 'wasm-ld': Program };
}

/** The newest usable clang on PATH, with the wasm-ld of the same release. Throws `E_NO_TOOLCHAIN`. */
export async function locateClang(): Promise<Clang> {
  const names = [...Array.from({ length: NEWEST - OLDEST + 1 }, (_, i) => `clang-${NEWEST - i}`), 'clang'];
  const problems: string[] = [];
  for (const name of names) {
    const clang = onPath(name);
    if (clang === undefined) continue;
    const [release, targets] = await Promise.all([
      releaseOf(clang, /clang version (\d+)\.[\d.]+/),
      printedBy(clang, ['--print-targets']),
    ]);
    if (!release) problems.push(`${clang} does not say which clang it is`);
    else if (release.major < OLDEST) problems.push(`${clang} is clang ${release.full}, too old`);
    else if (!targets.includes('wasm32')) {
      problems.push(`${clang} cannot compile for wasm32`);
    } else {
      const linker = await linkerFor(clang, release.major);
      if (linker !== undefined) {
        return {
          version: `clang ${release.full}`,
          where: clang,
          programs: { clang: { path: clang }, 'wasm-ld': { path: linker } },
        };
      }
      problems.push(`${clang} has no wasm-ld of release ${release.major} beside it or on PATH`);
    }
  }
  const looked = `looked on PATH for ${names.join(', ')}`;
  throw new LostbitError(
    'E_NO_TOOLCHAIN',
    [`toolchain 'clang': no clang ${OLDEST} or newer with its wasm-ld; ${looked}`, ...problems].join('\n  '),
    {
      hint: `on Debian: apt-get install clang-${NEWEST} lld-${NEWEST}; or use --toolchain llvm, which needs nothing`,
    },
  );
}

/** The system's own clang and wasm-ld. */
export function clangBackend({ version, programs }: Clang): Backend {
  const store = new FileStore();
  const place: PlaceFiles = (dir, files) => store.place(dir, files);
  return {
    name: 'clang',
    version,
    capabilities: { emscriptenModule: false },
    run: (job, signal) => compilerSlots.run(() => runJob(programs, job, signal, place), signal),
    close: () => store.close(),
  };
}

async function linkerFor(clang: string, major: number): Promise<string | undefined> {
  const beside = [dirname(clang), dirname(await realpath(clang))];
  const names = [`wasm-ld-${major}`, 'wasm-ld'];
  const candidates = [...beside.flatMap((dir) => names.map((name) => join(dir, name))), ...names.map(onPath)];
  for (const linker of candidates) {
    if (linker === undefined || !isExecutable(linker)) continue;
    if ((await releaseOf(linker, /LLD (\d+)\.[\d.]+/))?.major === major) return linker;
  }
  return undefined;
}

async function releaseOf(
  path: string,
  pattern: RegExp,
): Promise<{ major: number; full: string } | undefined> {
  const stdout = await printedBy(path, ['--version']);
  const line = pattern.exec(stdout);
  return line && !stdout.startsWith('Apple')
    ? { major: Number(line[1]), full: line[0].replace(/^.* /, '') }
    : undefined;
}
