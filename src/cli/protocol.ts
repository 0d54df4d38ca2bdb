// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Stream, TerminalFacts } from './terminal.js';

// The messages between the process's main thread and the command's thread.

/** What the command is started with. */
export interface CommandStart {
  readonly args: readonly string[];
  readonly terminal: TerminalFacts;
}

export type FromCommand =
  | { readonly kind: 'print'; readonly stream: Stream; readonly text: string }
  /** It ends by itself when it is interrupted. */
  | { readonly kind: 'ends by signal' }
  | { readonly kind: 'leftover'; readonly path: string; readonly there: boolean }
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly status: number };

export type ToCommand = 'interrupt' | 'are you there';
