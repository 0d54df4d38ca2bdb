// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import { readExcerpt } from '../src/source/excerpt.js';
import { loadStage } from '../src/source/stage.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import { openToolchain } from '../src/toolchain/find.js';
import type { BitfieldAccess, FileTree } from '../src/toolchain/types.js';

/** Where there is no driver around the flags. */
export const bareFlags = 'bare-flags';

/**
 * Builds each stage of vfio-pci once with each access that is asked for, or the bare flags, by npm's LLVM; returns where to
 * find them.
 */
export async function buildStages(
  progress: (what: string) => void,
  wanted: readonly { readonly stage: string; readonly access: BitfieldAccess }[],
): Promise<(stage: string, access: BitfieldAccess) => Build> {
  const builds = new Map<string, Build>();
  const toolchain = await openToolchain('llvm');
  try {
    for (const { stage, access } of wanted) {
      const key = `${stage} ${access}`;
      if (builds.has(key)) continue;
      progress(`building ${stage}, ${access}`);
      const tree = stage === bareFlags ? await flagsTree() : (await loadStage(stage)).tree;
      builds.set(key, await buildModule(tree, toolchain, { bitfieldAccess: access, optimize: '2' }));
    }
  } finally {
    await toolchain.close();
  }
  return (stage, access) => builds.get(`${stage} ${access}`)!;
}

async function flagsTree(): Promise<FileTree> {
  const kernel = [...(await readExcerpt())].filter(([path]) => !/^vfio\/|^subjects\//.test(path));
  const flags = 'subjects/bare-flags/flags.c';
  return new Map([...kernel, [flags, readFileSync(join(packageRoot(), flags), 'utf8')]]);
}
