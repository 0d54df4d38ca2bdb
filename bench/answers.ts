// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Simulator } from '../src/engine/simulate/simulator.js';
import { cSource, readOwnC } from '../src/source/own-c.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import type { FileTree, Toolchain } from '../src/toolchain/types.js';

/** What every one of the programs is made of. */
const COMMON = ['answers/answers.h', 'answers/answers.c', 'answers/random.h'];

/** The programs of `c-src/answers`, by name. */
export async function answerNames(): Promise<string[]> {
  const files = await readdir(join(cSource(), 'answers'));
  return files
    .filter((file) => file.endsWith('.c') && file !== 'answers.c')
    .map((file) => file.slice(0, -2))
    .sort();
}

/** Links one of the programs, as the driver is: it has no part of the driver or of the stub kernel in it. */
export async function buildAnswer(name: string, toolchain: Toolchain): Promise<Build> {
  const headers = [...(await readOwnC())].filter(([path]) => path.startsWith('include/'));
  const own = [...COMMON, `answers/${name}.c`].map(
    async (path) => [path, await readFile(join(cSource(), path), 'utf8')] as const,
  );
  const tree: FileTree = new Map([...headers, ...(await Promise.all(own))]);
  return buildModule(tree, toolchain, { bitfieldAccess: 'fine', optimize: '2' });
}

/** Opens a program in the simulator. */
export async function openAnswer(name: string, toolchain: Toolchain): Promise<Simulator> {
  const { bytes } = await buildAnswer(name, toolchain);
  return Simulator.open(bytes);
}

/** Puts a program to its start, as large as `n` says in its own terms. */
export async function setUp(simulator: Simulator, n: number): Promise<void> {
  new DataView(simulator.memory.buffer).setUint32(simulator.address('answer_n'), n, true);
  await simulator.call('sim_setup');
}
