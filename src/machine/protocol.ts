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
}

/** Asks a thread to call an export. */
export interface CallMessage {
  readonly id: number;
  readonly name: string;
  readonly args: readonly number[];
}

/** What a thread answers. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly unpinned: string | null; readonly firstArea: number }
  | { readonly kind: 'returned'; readonly id: number; readonly value: number }
  | { readonly kind: 'trapped'; readonly id: number; readonly message: string; readonly stack: string };
