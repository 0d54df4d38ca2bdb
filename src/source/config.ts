// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import type { FileTree } from '../toolchain/types.js';
import { PatchedTree } from './patched-tree.js';

/** Where the excerpt's configuration is. */
const file = 'include/linux/kconfig.h';

/**
 * Switches symbols of the kernel's configuration (without `CONFIG_`) off; those that are `true` stay as they are.
 *
 * @throws LostbitError `E_CONFIG` for a symbol that the source does not set.
 */
export function configure(tree: FileTree, config: Readonly<Record<string, boolean | undefined>>): FileTree {
  return Object.entries(config).reduce((configured, [symbol, on]) => {
    if (on !== false) return configured;
    const text = configured.get(file) ?? '';
    const without = text.replace(new RegExp(`^#define CONFIG_${symbol} 1\\n`, 'm'), '');
    if (without === text) throw new LostbitError('E_CONFIG', `${file} does not set CONFIG_${symbol}`);
    return new PatchedTree(configured, new Map([[file, without]]));
  }, tree);
}
