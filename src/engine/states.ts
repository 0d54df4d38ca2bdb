// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { ownLimits } from '../scenario/limits.js';

/**
 * What the lab keeps of each actor (`struct lab_simulated`) lies behind the threads' areas, so much for all of them:
 * memory that no other thread looks at, and whose place has to be known before a module's structs are.
 */
export const statesBytes = 64 * 1024;

/** Do the states of all actors that there may be fit, each of so many bytes? */
export const statesFit = (bytes: number) => ownLimits().actors * bytes <= statesBytes;
