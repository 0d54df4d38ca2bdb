// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { loadStage } from '../src/source/stage.js';
import { type Build, buildModule } from '../src/toolchain/build.js';
import { openToolchain } from '../src/toolchain/find.js';
import type { BitfieldAccess } from '../src/toolchain/types.js';

/** Builds each stage once with each access that is asked for, by npm's LLVM; returns where to find them. */
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
      const { tree } = await loadStage(stage);
      builds.set(key, await buildModule(tree, toolchain, { bitfieldAccess: access, optimize: '2' }));
    }
  } finally {
    await toolchain.close();
  }
  return (stage, access) => builds.get(`${stage} ${access}`)!;
}
