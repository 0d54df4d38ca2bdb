// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Edited } from '../../wasm/edits.js';
import { interruptible } from './interruptible.js';
import { rebased } from './rebase.js';

/**
 * A module whose code works on the running machine's variables and, where tasks share processors, can be interrupted.
 *
 * @param module a linked module.
 * @param shared tasks share processors.
 * @param before what was made of it so far.
 */
export function placedFor(module: Uint8Array<ArrayBuffer>, shared: boolean, before?: Edited): Edited {
  const placed = rebased(module, before);
  return shared ? interruptible(module, placed) : placed;
}
