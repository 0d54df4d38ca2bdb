// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { offer } from '../nearest.js';
import { toolchainOver } from './backend.js';
import type { Toolchain, ToolchainName } from './types.js';

/** Each is loaded when it is asked for. */
const toolchains = {
  llvm: async () => {
    const { llvmBackend, locateLlvm } = await import('./llvm.js');
    const found = await locateLlvm();
    return { ...found, backend: () => llvmBackend(found) };
  },
  emcc: async () => {
    const { emccBackend, locateEmcc } = await import('./emcc.js');
    const found = await locateEmcc();
    return { ...found, backend: () => emccBackend(found) };
  },
  clang: async () => {
    const { clangBackend, locateClang } = await import('./clang.js');
    const found = await locateClang();
    return { ...found, backend: () => clangBackend(found) };
  },
} as const;

/** Finds a toolchain's tools. Throws `E_NO_TOOLCHAIN`, saying what was looked for, where, and how to get it. */
export async function openToolchain(name: ToolchainName): Promise<Toolchain> {
  // The name may come from a command line.
  if (!Object.hasOwn(toolchains, name)) {
    throw new LostbitError('E_NO_TOOLCHAIN', `there is no toolchain '${name}'`, {
      hint: offer(name, Object.keys(toolchains)),
    });
  }
  const { backend } = await toolchains[name]();
  return toolchainOver(backend());
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
        const { version, where } = await toolchains[name]();
        return { name, version, where };
      } catch (error) {
        return { name, version: null, problem: (error as Error).message };
      }
    }),
  );
}
