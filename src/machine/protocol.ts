// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** What a thread is started with: machines come later, one after the other. */
export interface WorkerData {
  /** See mailbox.ts. */
  readonly mailbox: SharedArrayBuffer;
}

/** The machine that a thread is to be of. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
  /** Bytes of a thread's area: thread-local storage and stack. */
  readonly areaBytes: number;
  readonly tlsBytes: number;
}

/** A machine that a thread has made ready. */
export interface Loaded {
  /** Where the areas of threads begin: behind the module's data. */
  readonly firstArea: number;
  call(name: string, args: readonly number[]): number;
  /** Puts right what a trap has left, before anything else is called. */
  trapped(): void;
}

/** What a thread answers; its calls one after the other. `thread` is what the system knows it by, if anything. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly thread: string | null; readonly firstArea: number }
  | Answer;

/** How a call ended. */
export type Answer =
  | { readonly kind: 'returned'; readonly value: number }
  | { readonly kind: 'trapped'; readonly message: string; readonly stack: string };
