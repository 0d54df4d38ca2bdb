// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Values } from '../scenario/grade.js';
import type { BitfieldAccess } from '../toolchain/types.js';

/** What another engine found of a scenario at a stage. */
export interface ExternalResult {
  /** Name and version of the engine. */
  readonly engine: string;
  readonly file: string;
  readonly scenario: string;
  readonly stage: string;
  /** `null`: whichever was asked for. */
  readonly bitfieldAccess: BitfieldAccess | null;
  /** There are no other outcomes. */
  readonly exhaustive: boolean;
  /** Those that were seen; `count` is `null` where the engine does not count. */
  readonly outcomes: readonly { readonly values: Values; readonly count: number | null }[];
  /** `null` where the file has none. */
  readonly violations:
    | readonly { readonly kind: string; readonly object: string | null; readonly count: number }[]
    | null;
}
