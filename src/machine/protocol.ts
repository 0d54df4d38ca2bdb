// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What a machine's thread is started with. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
  /** Bytes of a thread's area: thread-local storage and stack. */
  readonly areaBytes: number;
  readonly tlsBytes: number;
  /** The processor it is bound to, `null` for none. */
  readonly cpu: number | null;
  /** See mailbox.ts. */
  readonly mailbox: SharedArrayBuffer;
}

/** What a thread answers; its calls one after the other. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly unpinned: string | null; readonly firstArea: number }
  | Answer;

/** How a call ended. */
export type Answer =
  | { readonly kind: 'returned'; readonly value: number }
  | { readonly kind: 'trapped'; readonly message: string; readonly stack: string };
