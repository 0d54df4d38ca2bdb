// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { toolchainOver } from './backend.js';
import { clangBackend, locateClang } from './clang.js';
import { emccBackend, locateEmcc } from './emcc.js';
import { llvmBackend, locateLlvm } from './llvm.js';
import type { Toolchain, ToolchainName } from './types.js';

const toolchains = {
  llvm: { locate: locateLlvm, open: async () => toolchainOver(llvmBackend(await locateLlvm())) },
  emcc: { locate: locateEmcc, open: async () => toolchainOver(emccBackend(await locateEmcc())) },
  clang: { locate: locateClang, open: async () => toolchainOver(clangBackend(await locateClang())) },
} as const;

/** Finds a toolchain's tools. Throws `E_NO_TOOLCHAIN`, saying what was looked for, where, and how to get it. */
export async function openToolchain(name: ToolchainName): Promise<Toolchain> {
  // The name may come from a command line.
  if (!Object.hasOwn(toolchains, name)) {
    throw new LostbitError('E_NO_TOOLCHAIN', `there is no toolchain '${name}'`, {
      hint: offer(name, Object.keys(toolchains)),
    });
  }
  return toolchains[name].open();
}

/** What `lostbit list` shows of a toolchain: `version` is null, with the `problem`, where it cannot be used. */
export interface ToolchainListing {
  readonly name: ToolchainName;
  readonly version: string | null;
  readonly problem?: string;
  readonly where?: string;
}

/** Every toolchain, found or not. Never throws. */
export function listToolchains(): Promise<ToolchainListing[]> {
  return Promise.all(
    (Object.keys(toolchains) as ToolchainName[]).map(async (name) => {
      try {
        const { version, where } = await toolchains[name].locate();
        return { name, version, where };
      } catch (error) {
        return { name, version: null, problem: (error as Error).message };
      }
    }),
  );
}
