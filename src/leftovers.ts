// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * Files and directories that must not outlive the process: those that are made beside their place before they are
 * moved into it, and temporary ones. Whoever makes one removes it; where that cannot be waited for (an interruption, a
 * thread without memory), whoever listens does.
 */
type Listener = (path: string, there: boolean) => void;

let listener: Listener = () => {};

/** Tells from here on which paths may be there (`true`), and which of them no more. */
export function onLeftovers(tell: Listener): void {
  listener = tell;
}

/** To be called before `path` is made. Returns what is to be called once it is gone, or has become what it was made for. */
export function leftover(path: string): () => void {
  listener(path, true);
  return () => listener(path, false);
}
