import { toolchainOver } from './backend.js';
import { llvmBackend, locateLlvm } from './llvm.js';
import type { Toolchain, ToolchainName } from './types.js';

const toolchains = {
  llvm: { locate: locateLlvm, backend: llvmBackend },
} as const;

/** Finds a toolchain's tools. Throws `E_NO_TOOLCHAIN`, saying what was looked for, where, and how to get it. */
export async function openToolchain(name: ToolchainName): Promise<Toolchain> {
  return toolchainOver(await toolchains[name as 'llvm'].backend());
}
